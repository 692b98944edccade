import { isAbsolute } from 'node:path';
import { type BucketConfig, BucketConfigSchema } from '@perennial/blob-store';
import { integer, namedJson, variable } from '@perennial/runtime';
import { z } from 'zod';

const DAY_S = 24 * 60 * 60;

const name = z.string().min(1).max(100);
const directories = () => namedJson(name, z.string().refine(isAbsolute, 'must be an absolute path'));

/** Limits of the sources of knowledge bases. */
export const sourcesEnv = {
  SOURCE_DIRECTORIES: variable(
    directories().default(() => new Map<string, string>()),
    {
      description:
        'Directories as JSON, each with a name, whose folders administrators may add to knowledge bases as sources (docs/sources.md). The same for all retrieval processes, which only need to read them. Links in them are not followed.',
      example: '{"handbook": "/srv/handbook"}',
    },
  ),
  SOURCE_BUCKETS: variable(
    namedJson(name, BucketConfigSchema).default(() => new Map<string, BucketConfig>()),
    {
      description:
        'S3 buckets as JSON, each with a name and its variables (`S3_BUCKET_NAME`, `S3_ENDPOINT_URL`, `S3_REGION_NAME`, `S3_KEY_PREFIX`, `S3_ACCESS_KEY_ID`, …), which administrators may add to knowledge bases as they add directories; of two with the same name the bucket counts. Rights to list and to read are enough. The same for all retrieval processes.',
      example: '{"contracts": {"S3_BUCKET_NAME": "contracts", "S3_KEY_PREFIX": "signed"}}',
      secret: true,
    },
  ),
  SOURCE_CONCURRENCY: variable(integer(0, 64).default(2), {
    description: 'Sources of knowledge bases that one worker reads at once; 0: this worker reads none.',
  }),
  MAX_SOURCES_PER_BASE: variable(integer(0).default(50), {
    description: 'Sources that one knowledge base may have; further ones are refused with 429.',
  }),
  SOURCE_MAX_DOCUMENTS: variable(integer(1, 100_000).default(10_000), {
    description:
      'Documents that one source may have, whatever it asks for; what is found beyond is left out, and the source says so.',
  }),
  SOURCE_ABSENCE_SECONDS: variable(integer(0).default(DAY_S), {
    description:
      'How long a document must have been absent from its source, in at least two syncs that could read the source, before its file is removed.',
  }),
  SOURCE_PAUSE_MS: variable(integer(0, 60_000).default(250), {
    description: 'Pause of a worker between two requests to the same server; longer if its `robots.txt` asks for that.',
  }),
};

export type SourcesEnv = z.output<z.ZodObject<typeof sourcesEnv>>;
