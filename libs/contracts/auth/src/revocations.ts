import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { RevocationSchema } from './session';

/** The revocation feed in order and without gaps, after `cursor` (0: all that still matter). At most 1,000 a call. */
export const since = defineCall({
  pattern: 'auth.revocations.since',
  effect: 'read',
  request: z.object({ cursor: z.number().int() }),
  reply: z.object({ cursor: z.number().int(), revocations: z.array(RevocationSchema) }),
  deadlineMs: 2_000,
});
