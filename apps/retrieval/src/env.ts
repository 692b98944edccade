import { blobStoreEnv, blobStoreRules } from '@perennial/blob-store';
import { commonEnv, databaseEnv, integer, redisEnv, secretEnv, variable } from '@perennial/runtime';
import { vectorStoreEnv, vectorStoreRules } from '@perennial/vector-store';
import { z } from 'zod';
import { embeddingEnv } from './embedding/embedding-env';
import { extractionEnv } from './extraction/extraction-env';
import { reconcileEnv } from './reconcile/reconcile-env';
import { settingsEnv } from './settings/settings-env';

/** How many documents there may be and how they are worked on. */
const ingestionEnv = {
  RETRIEVAL_ROLE: variable(z.enum(['api', 'worker', 'all', 'quarantine']).default('all'), {
    description:
      'What this replica does: `api` answers calls, `worker` ingests files, `all` does both. A worker starts processes with `quarantine` by itself, for files that have seen workers die.',
  }),
  INGESTION_CONCURRENCY: variable(integer(1, 64).default(2), {
    description: 'Files that one worker ingests at once; each may hold an extraction process.',
  }),
  MAX_INGESTION_ATTEMPTS: variable(integer(1, 100).default(4), {
    description:
      'How often a file may break its ingestion, or end the worker that has it, before it is given up as failed. A store that is away does not count.',
  }),
  MAX_FILES_PER_USER: variable(integer(1).default(100_000), {
    description: 'Files that one user may have; beyond it an upload is refused with 429.',
  }),
  MAX_FILE_BYTES_PER_USER: variable(integer(0).default(20_000_000_000), {
    description:
      'Bytes that the files of one user and the text extracted from them may take; beyond it an upload is refused with 413, and a file whose text is too much fails. 0: no limit. Vectors are not counted.',
  }),
  MAX_FILES_PER_BASE: variable(integer(1).default(100_000), {
    description: 'Files that one knowledge base may hold; beyond it an upload is refused with 429.',
  }),
  MAX_BASES_PER_USER: variable(integer(1).default(10_000), {
    description: 'Knowledge bases that one user may have; beyond it a new one is refused with 429.',
  }),
  MAX_QUEUED_FILES: variable(integer(1).default(200_000), {
    description: 'Files that may wait for a worker in all; beyond it an upload is refused with 503.',
  }),
};

/** What the retrieval service reads from its environment. */
export const retrievalEnv = z
  .object({
    ...commonEnv,
    ...databaseEnv,
    ...redisEnv,
    ...secretEnv,
    ...blobStoreEnv,
    ...vectorStoreEnv,
    ...embeddingEnv,
    ...ingestionEnv,
    ...extractionEnv,
    ...settingsEnv,
    ...reconcileEnv,
  })
  .superRefine((env, context) => {
    blobStoreRules(env, context);
    vectorStoreRules(env, context);
  });

export type RetrievalEnv = z.output<typeof retrievalEnv>;

/** Whether this process works in the background on whatever waits. A quarantine process has its one file and nothing beside it. */
export function isWorker({ RETRIEVAL_ROLE }: Pick<RetrievalEnv, 'RETRIEVAL_ROLE'>): boolean {
  return RETRIEVAL_ROLE === 'worker' || RETRIEVAL_ROLE === 'all';
}

/** Injection token of the parsed environment. */
export const RETRIEVAL_ENV = Symbol('RETRIEVAL_ENV');
