import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { FileSchema } from './file';
import { MAX_ADDRESS_CHARS } from './knowledge-source';

/**
 * Reads one web page for the caller and makes it a file, in a base if one is named. `INVALID_ARGUMENT` for an address that may not be read, or
 * that holds no document; `FAILED_PRECONDITION` when its server does not give it out; else as `files.register`.
 */
export const load = defineCall({
  pattern: 'retrieval.web.load',
  effect: 'once',
  sealed: true,
  request: z.object({ url: z.string().max(MAX_ADDRESS_CHARS), knowledgeId: z.uuid().optional() }),
  reply: FileSchema,
  deadlineMs: 60_000,
});
