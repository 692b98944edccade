import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { BlobMoveStatusSchema } from './setting';

/** Admin only. */
export const status = defineCall({
  pattern: 'retrieval.blob-move.status',
  effect: 'read',
  request: z.object({}),
  reply: BlobMoveStatusSchema,
});

/**
 * Admin only. Moves all files into another store of `BLOB_STORES`, in the background; both are written meanwhile. The same again lets a move go
 * on that was paused or has stopped, with these options. `INVALID_ARGUMENT` for a store that is not declared; `FAILED_PRECONDITION` while another
 * move is under way, or a command moves files.
 */
export const start = defineCall({
  pattern: 'retrieval.blob-move.start',
  effect: 'keyed',
  request: z.object({
    to: z.string().min(1).max(40),
    /** At most so many bytes are copied in a second; absent: as many as can be. */
    bytesPerS: z.number().int().min(1).optional(),
    /** Files that cannot be read where they are do not keep back the others. */
    skipUnreadable: z.boolean().default(false),
  }),
  reply: BlobMoveStatusSchema,
});

/** Admin only. Stops the copying; both stores are still written. `FAILED_PRECONDITION` when nothing is moved. */
export const pause = defineCall({
  pattern: 'retrieval.blob-move.pause',
  effect: 'keyed',
  request: z.object({}),
  reply: BlobMoveStatusSchema,
});

const ending = z.object({
  skipUnreadable: z.boolean().default(false),
  /** What only the store has that is left is given up, since that store is lost. */
  withoutCopying: z.boolean().default(false),
});

/** Admin only. Back to the store that was left, or has not been left yet. `FAILED_PRECONDITION` when the files are in one store only. */
export const rollback = defineCall({
  pattern: 'retrieval.blob-move.rollback',
  effect: 'keyed',
  request: ending,
  reply: BlobMoveStatusSchema,
});

/** Admin only. The store that was left is neither written nor read any more, and keeps what it has. `FAILED_PRECONDITION` before all is moved. */
export const finish = defineCall({
  pattern: 'retrieval.blob-move.finish',
  effect: 'keyed',
  request: ending,
  reply: BlobMoveStatusSchema,
});
