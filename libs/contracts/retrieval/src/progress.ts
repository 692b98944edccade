import { defineNotice } from '@perennial/contracts-kernel';
import { FileStateSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { IngestionStepSchema } from './file';

/**
 * Sent by the retrieval process that changed a file, after the commit, and by its worker a few times a second while it embeds. Gateways with
 * a reader of `process/status` or `files/pending` act on it. It may be lost, so a reader also polls the row (`files.statuses`) when it
 * connects and every few seconds.
 */
export const FILE_PROGRESS = defineNotice(
  'retrieval.progress',
  z.object({
    userId: z.uuid(),
    fileId: z.uuid(),
    /** `deleted`: there is no row any more. */
    state: z.union([FileStateSchema, z.literal('deleted')]),
    step: IngestionStepSchema.nullable(),
    done: z.number().int(),
    total: z.number().int(),
    error: z.string().nullable(),
    generation: z.number().int(),
  }),
);
