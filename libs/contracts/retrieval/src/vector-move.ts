import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { VectorMoveStatusSchema } from './setting';

/** Admin only. */
export const status = defineCall({
  pattern: 'retrieval.vector-move.status',
  effect: 'read',
  request: z.object({}),
  reply: VectorMoveStatusSchema,
});

/**
 * Admin only. Moves all documents into another of the installation's vector stores while the present one answers; in the background. The same
 * again continues a paused move, with these options. `INVALID_ARGUMENT` for a store that is not declared; `FAILED_PRECONDITION` while another
 * move or another model's index is under way, and while a running process does not know the store.
 */
export const start = defineCall({
  pattern: 'retrieval.vector-move.start',
  effect: 'keyed',
  request: z.object({
    to: z.string().min(1).max(40),
    /** At most so many points are written in a second; absent: as many as can be. */
    pointsPerSecond: z.number().int().min(1).max(1_000_000).optional(),
    /** Share of the present store's hits that the other one has to find before it answers; 0: none are compared. */
    minRecall: z.number().min(0).max(1).default(0.99),
  }),
  reply: VectorMoveStatusSchema,
});

/** Admin only. Stops the filling; files that are uploaded still go into both stores. `FAILED_PRECONDITION` when nothing is moved. */
export const pause = defineCall({
  pattern: 'retrieval.vector-move.pause',
  effect: 'keyed',
  request: z.object({}),
  reply: VectorMoveStatusSchema,
});

/** Admin only. Gives the move up. `FAILED_PRECONDITION` when nothing is moved. */
export const cancel = defineCall({
  pattern: 'retrieval.vector-move.cancel',
  effect: 'keyed',
  request: z.object({}),
  reply: VectorMoveStatusSchema,
});

/** Admin only. Ends the grace of the former store: its points are dropped, and there is no way back. `FAILED_PRECONDITION` when there is none. */
export const finish = defineCall({
  pattern: 'retrieval.vector-move.finish',
  effect: 'keyed',
  request: z.object({}),
  reply: VectorMoveStatusSchema,
});
