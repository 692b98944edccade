import type { BlobMoveProgress } from '@perennial/contracts-retrieval';
import type { Fence } from '@perennial/work';

export type BlobMoveKind = 'move' | 'rollback' | 'finish';

/** What an administrator wants to happen with the files. */
export interface BlobMoveOrder {
  kind: BlobMoveKind;
  /** Where they are moved; null for a rollback and the end of a move. */
  target: string | null;
  /** At most so many are copied in a second; null: as many as can be. */
  bytesPerS: number | null;
  /** Files that cannot be read are left behind. */
  skipUnreadable: boolean;
  /** What only the store has that is left is given up. */
  withoutCopying: boolean;
}

/** The fence of a move: every statement names it. */
export interface BlobMoveClaim extends Fence {
  /** The incarnation of the process. */
  owner: string;
}

/** A move that this process works on. */
export interface ClaimedBlobMove extends BlobMoveClaim, BlobMoveOrder {
  /** Owners that died at it since it was ordered. */
  deaths: number;
}

/** The last move that an administrator has begun. */
export interface BlobMoveRow extends BlobMoveOrder {
  id: string;
  paused: boolean;
  progress: BlobMoveProgress | null;
  compared: { samples: number; equal: number } | null;
  told: string | null;
  error: string | null;
  result: string | null;
  isFinished: boolean;
}
