import { randomUUID } from 'node:crypto';
import { BlobStoreError } from '@perennial/blob-store';
import { CallError } from '@perennial/contracts-kernel';
import { StoreUnavailableError, VectorStoreError } from '@perennial/vector-store';
import { HandOverError, WorkLostError } from '@perennial/work';
import { EmbeddingError } from '../embedding/embedding-error';
import { ExtractionError } from '../extraction/extraction';
import { OutOfTurnError } from './claimed-file';

/** For the owner of the file: a code for programs, a sentence for users. */
export interface Reason {
  code: string;
  message: string;
}

/**
 * What becomes of an ingestion that threw.
 * - `lost`: nothing; it is not ours any more
 * - `handed-over`: another process continues at once
 * - `out-of-turn`: it takes long, and files of others are waiting
 * - `wait`: something that the file is not to blame for is away; tried again later, as often as it takes. `allFiles`: nothing is begun
 *   meanwhile, because every file needs it. `isDoubtful`: unless the file is to blame after all, so that it does not wait for ever
 * - `broke`: may work another time, but not for ever
 * - `refused`: the same bytes will never work
 */
export type IngestionFault =
  | { kind: 'lost' | 'handed-over' | 'out-of-turn' }
  | { kind: 'wait'; afterS: number; allFiles: boolean; isDoubtful?: boolean; reason: Reason }
  | { kind: 'broke'; reason: Reason; errorId?: string }
  | { kind: 'refused'; reason: Reason };

/** Pause after a store or an embedder became unavailable. */
const WAIT_S = 2;
/** An administrator has to correct it, so frequent retries are useless. */
const SETUP_WAIT_S = 15;
/** Of what a server asks for with `Retry-After`. */
const LONGEST_WAIT_S = 3_600;

const away = (what: string, afterS = WAIT_S): IngestionFault => ({
  kind: 'wait',
  afterS,
  allFiles: true,
  reason: { code: 'UNAVAILABLE', message: `${what} does not answer at the moment; the file waits for it.` },
});

/** @param error thrown by an ingestion */
export function toIngestionFault(error: unknown): IngestionFault {
  if (error instanceof WorkLostError) return { kind: 'lost' };
  if (error instanceof HandOverError) return { kind: 'handed-over' };
  if (error instanceof OutOfTurnError) return { kind: 'out-of-turn' };
  if (error instanceof ExtractionError && error.cause instanceof BlobStoreError) return bytes(error.cause);
  if (error instanceof ExtractionError) return extraction(error);
  if (error instanceof EmbeddingError) return embedding(error);
  if (error instanceof StoreUnavailableError)
    return away('The vector store', (error.retryAfterMs ?? 0) / 1_000 || WAIT_S);
  // A missing collection is recreated before the next try.
  if (error instanceof VectorStoreError && ['UNAVAILABLE', 'NOT_FOUND'].includes(error.code))
    return away('The vector store');
  if (error instanceof BlobStoreError) return bytes(error);
  if (error instanceof CallError && (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED'))
    return away('The database');
  if (error instanceof CallError && error.code === 'PAYLOAD_TOO_LARGE')
    return { kind: 'refused', reason: { code: error.code, message: error.message } };
  const errorId = randomUUID();
  return {
    kind: 'broke',
    errorId,
    reason: { code: 'INTERNAL', message: `Processing failed unexpectedly (error ${errorId}).` },
  };
}

function extraction(error: ExtractionError): IngestionFault {
  // Others are read meanwhile, and a restart of that server must not use the attempts of all files up.
  if (error.reason === 'engine-away')
    return {
      kind: 'wait',
      afterS: Math.min(Math.max(error.retryAfterS ?? SETUP_WAIT_S, 1), LONGEST_WAIT_S),
      allFiles: false,
      isDoubtful: error.isDoubtful,
      reason: { code: 'UNAVAILABLE', message: error.message },
    };
  const reason = { code: error.reason, message: error.message };
  return error.retryable ? { kind: 'broke', reason } : { kind: 'refused', reason };
}

function embedding(error: EmbeddingError): IngestionFault {
  const reason = { code: error.fault, message: error.message };
  // The embedder of an index has a pause of its own, on the row of the index.
  if (error.waitS !== undefined) return { kind: 'wait', afterS: error.waitS, allFiles: false, reason };
  return error.refusal ? { kind: 'refused', reason } : { kind: 'broke', reason };
}

function bytes(error: BlobStoreError): IngestionFault {
  switch (error.code) {
    case 'UNAVAILABLE':
      return away('The file store');
    case 'DENIED':
      return away('The file store', SETUP_WAIT_S);
    case 'KEY': {
      const message = 'The file is encrypted with a key that is not set. Tell an administrator.';
      return { kind: 'wait', afterS: SETUP_WAIT_S, allFiles: false, reason: { code: 'UNAVAILABLE', message } };
    }
    case 'NOT_FOUND':
      return {
        kind: 'refused',
        reason: { code: 'NOT_FOUND', message: 'The stored bytes of the file are missing. Upload it again.' },
      };
    default:
      return { kind: 'broke', reason: { code: error.code, message: 'The stored bytes of the file cannot be read.' } };
  }
}
