import { defineNotice } from '@perennial/contracts-kernel';
import { FileStateSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { IngestionStepSchema } from './file';

/**
 * Sent by the retrieval process that changed something about a file, after it committed, and by its worker a few times a second while
 * it embeds. Gateways that hold a reader of `process/status` or of `files/pending` act on it; since it may be lost, a reader also asks
 * for the row (`files.statuses`) when it comes and every few seconds.
 */
export const FILE_PROGRESS = defineNotice(
  'retrieval.progress',
  z.object({
    userId: z.uuid(),
    fileId: z.uuid(),
    /** `deleted`: there is nothing to ask for any more. */
    state: z.union([FileStateSchema, z.literal('deleted')]),
    step: IngestionStepSchema.nullable(),
    done: z.number().int(),
    total: z.number().int(),
    error: z.string().nullable(),
    generation: z.number().int(),
  }),
);
