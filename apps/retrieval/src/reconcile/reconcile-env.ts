import { integer, variable } from '@perennial/runtime';
import type { z } from 'zod';

/** Interval and ages of the clean-up after crashes. */
export const reconcileEnv = {
  RECONCILE_INTERVAL_SECONDS: variable(integer(1, 604_800).default(600), {
    description:
      'Seconds between two clean-ups of leftovers in the stores after crashes; one worker at a time does it.',
  }),
  ORPHAN_AGE_SECONDS: variable(integer(1, 31_536_000).default(3_600), {
    description:
      'Age in seconds from which uploaded bytes without a file are removed; more than the slowest upload takes.',
  }),
  INDEX_GRACE_SECONDS: variable(integer(1, 31_536_000).default(3_600), {
    description: 'Seconds for which the index of the former embedding model is kept after the switch.',
  }),
  FORMER_STORE_GRACE_SECONDS: variable(integer(1, 31_536_000).default(604_800), {
    description:
      'Seconds for which the former vector store is written after a move to another one, so that the move can be undone.',
  }),
  EMBEDDINGS_CACHE_DAYS: variable(integer(1, 36_500).default(30), {
    description: 'Days for which the vector of a text is cached after its last use.',
  }),
};

export type ReconcileEnv = z.output<z.ZodObject<typeof reconcileEnv>>;
