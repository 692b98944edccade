import { integer, variable } from '@perennial/runtime';
import type { z } from 'zod';

/** When what nobody needs is looked for, and how old it must be. */
export const reconcileEnv = {
  RECONCILE_INTERVAL_SECONDS: variable(integer(1, 604_800).default(600), {
    description: 'Seconds between two searches for what crashes have left in the stores; one worker of all does it.',
  }),
  ORPHAN_AGE_SECONDS: variable(integer(1, 31_536_000).default(3_600), {
    description:
      'Seconds that uploaded bytes may lie without a file before they count as left over; more than the slowest upload takes.',
  }),
  INDEX_GRACE_SECONDS: variable(integer(1, 31_536_000).default(3_600), {
    description: 'Seconds for which the index of the former embedding model is kept after another one answers.',
  }),
  EMBEDDINGS_CACHE_DAYS: variable(integer(1, 36_500).default(30), {
    description: 'Days for which the vector of a text is kept after it was last needed; then it costs a request again.',
  }),
};

export type ReconcileEnv = z.output<z.ZodObject<typeof reconcileEnv>>;
