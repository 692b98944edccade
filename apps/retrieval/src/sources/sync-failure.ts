import { randomUUID } from 'node:crypto';
import { BlobStoreError } from '@perennial/blob-store';
import { CallError } from '@perennial/contracts-kernel';
import { HandOverError, WorkLostError } from '@perennial/work';
import { WebError } from '../web/web-error';
import type { DocumentOutcome, SourceProblem } from './source-row';

/** The source as a whole cannot be read, or kept: the sync ends, and nothing that it had is removed. */
export class SyncFailedError extends Error {
  override readonly name = 'SyncFailedError';

  constructor(readonly problem: SourceProblem) {
    super(problem.message);
  }
}

/** What an error means for a sync. */
export type SyncFault =
  | { kind: 'lost' | 'handed-over' }
  /** It continues later. `counts`: not for ever. */
  | { kind: 'wait'; afterS: number; counts: boolean }
  | { kind: 'failed'; problem: SourceProblem; errorId?: string };

/** Pause after a store became unavailable. */
const STORE_WAIT_S = 5;
/** Pause for a server that asks for time and does not say how much. */
const BUSY_WAIT_S = 60;

export function toSyncFault(error: unknown): SyncFault {
  if (error instanceof WorkLostError) return { kind: 'lost' };
  if (error instanceof HandOverError) return { kind: 'handed-over' };
  if (error instanceof SyncFailedError) return { kind: 'failed', problem: error.problem };
  if (error instanceof WebError) {
    if (error.failure === 'busy') return { kind: 'wait', afterS: error.details.afterS ?? BUSY_WAIT_S, counts: true };
    return { kind: 'failed', problem: { code: error.failure, message: error.message } };
  }
  if (error instanceof BlobStoreError) return { kind: 'wait', afterS: STORE_WAIT_S, counts: false };
  if (error instanceof CallError && ['UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(error.code))
    return { kind: 'wait', afterS: error.details.retryAfter ?? STORE_WAIT_S, counts: false };
  if (error instanceof CallError) return { kind: 'failed', problem: { code: error.code, message: error.message } };
  const errorId = randomUUID();
  return {
    kind: 'failed',
    errorId,
    problem: { code: 'INTERNAL', message: `The sync failed unexpectedly (error ${errorId}).` },
  };
}

/** Whether a document was left out for what is in it, or its size: the same content is left out again. A kind may be allowed later. */
export function isOfContent(error: unknown): boolean {
  if (error instanceof WebError) return error.failure === 'unsupported' || error.failure === 'too-large';
  if (!(error instanceof CallError)) return true;
  return error.details.reason === 'duplicate' || error.code === 'PAYLOAD_TOO_LARGE';
}

/** What an error says about one document; undefined: it says more than that. */
export function toOutcome(error: unknown): DocumentOutcome | undefined {
  const { message } = error as Error;
  if (error instanceof WebError) {
    switch (error.failure) {
      case 'gone':
        return { state: 'absent', message };
      case 'away':
      case 'denied':
        return { state: 'failed', message };
      case 'refused':
      case 'unsupported':
      case 'too-large':
        return { state: 'skipped', message };
      case 'busy':
        return undefined;
    }
  }
  // It has grown since it was looked at.
  if (error instanceof BlobStoreError && error.code === 'TOO_LARGE')
    return { state: 'skipped', message: 'It is too large.' };
  if (!(error instanceof CallError)) return undefined;
  if (error.details.reason === 'duplicate')
    return { state: 'duplicate', message: 'The base has another file with the same content.' };
  // The limit of one file; that of all files of its owner says how much is used.
  const isOfOneFile = error.code === 'PAYLOAD_TOO_LARGE' && error.details.used === undefined;
  return error.code === 'INVALID_ARGUMENT' || isOfOneFile ? { state: 'skipped', message } : undefined;
}
