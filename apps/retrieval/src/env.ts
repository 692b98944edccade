import { blobStoreEnv, blobStoreRules } from '@perennial/blob-store';
import { commonEnv, databaseEnv, integer, proxyEnv, redisEnv, secretEnv, variable } from '@perennial/runtime';
import { vectorStoreEnv, vectorStoreRules } from '@perennial/vector-store';
import { z } from 'zod';
import { embeddingEnv } from './embedding/embedding-env';
import { extractionEnv, extractionRules } from './extraction/extraction-env';
import { reconcileEnv } from './reconcile/reconcile-env';
import { settingsEnv } from './settings/settings-env';
import { sourcesEnv } from './sources/sources-env';
import { webEnv } from './web/web-env';

/** Limits of documents and ingestion. */
const ingestionEnv = {
  RETRIEVAL_ROLE: variable(z.enum(['api', 'worker', 'all', 'quarantine']).default('all'), {
    description:
      'What this replica does: `api` answers calls, `worker` ingests files, `all` does both. A worker itself starts processes with `quarantine`, for files with which workers have died.',
  }),
  INGESTION_CONCURRENCY: variable(integer(1, 64).default(2), {
    description: 'Files that one worker ingests at once; each may hold an extraction process.',
  }),
  MAX_INGESTION_ATTEMPTS: variable(integer(1, 100).default(4), {
    description:
      'How often a file may make its ingestion fail, or kill its worker, before it is `failed`. An unavailable store does not count.',
  }),
  MAX_FILES_PER_USER: variable(integer(1).default(100_000), {
    description: 'Files that one user may have; further uploads are refused with 429.',
  }),
  MAX_FILE_BYTES_PER_USER: variable(integer(0).default(20_000_000_000), {
    description:
      'Bytes that the files of one user and the text extracted from them may take; further uploads are refused with 413, and a file whose text exceeds it fails. 0: no limit. Vectors are not counted.',
  }),
  MAX_FILES_PER_BASE: variable(integer(1).default(100_000), {
    description: 'Files that one knowledge base may hold; further uploads are refused with 429.',
  }),
  MAX_BASES_PER_USER: variable(integer(1).default(10_000), {
    description: 'Knowledge bases that one user may have; further ones are refused with 429.',
  }),
  MAX_QUEUED_FILES: variable(integer(1).default(200_000), {
    description: 'Files of all users that may wait for a worker; further uploads are refused with 503.',
  }),
};

/** What a chat gets of its documents, beside the settings. */
const searchEnv = {
  RAG_NEIGHBOUR_CHARS: variable(integer(0, 5_000).default(0), {
    description:
      'Characters that a chat gets from before and after each piece of text that was cut within a section; 0: none.',
  }),
};

/** What the retrieval service reads from its environment. */
export const retrievalEnv = z
  .object({
    ...commonEnv,
    ...databaseEnv,
    ...redisEnv,
    ...secretEnv,
    ...proxyEnv,
    ...blobStoreEnv,
    ...vectorStoreEnv,
    ...embeddingEnv,
    ...ingestionEnv,
    ...extractionEnv,
    ...searchEnv,
    ...settingsEnv,
    ...reconcileEnv,
    ...sourcesEnv,
    ...webEnv,
  })
  .superRefine((env, context) => {
    blobStoreRules(env, context);
    vectorStoreRules(env, context);
    extractionRules(env, context);
  });

export type RetrievalEnv = z.output<typeof retrievalEnv>;

/** Whether this process works in the background on waiting files. A quarantine process only ingests its one file. */
export function isWorker({ RETRIEVAL_ROLE }: Pick<RetrievalEnv, 'RETRIEVAL_ROLE'>): boolean {
  return RETRIEVAL_ROLE === 'worker' || RETRIEVAL_ROLE === 'all';
}

/** Injection token of the parsed environment. */
export const RETRIEVAL_ENV = Symbol('RETRIEVAL_ENV');
