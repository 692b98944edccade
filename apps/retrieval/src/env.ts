import { commonEnv, databaseEnv, redisEnv } from '@perennial/runtime';
import { z } from 'zod';

/** What the retrieval service reads from its environment. */
export const retrievalEnv = z.object({ ...commonEnv, ...databaseEnv, ...redisEnv });

export type RetrievalEnv = z.output<typeof retrievalEnv>;
