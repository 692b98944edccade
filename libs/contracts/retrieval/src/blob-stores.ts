import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';

/**
 * For our own services. Which of the declared stores holds the files: `active` is written and read first, `other` is a second one while files
 * are being moved. `version` rises with each change.
 */
export const current = defineCall({
  pattern: 'retrieval.blobStores.current',
  effect: 'read',
  request: z.object({}),
  reply: z.object({ version: z.number().int(), active: z.string(), other: z.string().nullable() }),
  deadlineMs: 2_000,
});
