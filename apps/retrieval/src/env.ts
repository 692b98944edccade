import { commonEnv, databaseEnv, redisEnv } from '@perennial/runtime';
import { z } from 'zod';
import { embeddingEnv } from './embedding/embedding-env';

/** What the retrieval service reads from its environment. */
export const retrievalEnv = z.object({ ...commonEnv, ...databaseEnv, ...redisEnv, ...embeddingEnv });

export type RetrievalEnv = z.output<typeof retrievalEnv>;
