/** `copying`: from `active` to `other`. `moved`: `other` is what was active before. `returning`: a rollback, from `other` to `active`. */
export type BlobStoresPhase = 'settled' | 'copying' | 'moved' | 'returning';

/** Which store holds the files, and how far a move to another one is. */
export interface BlobStoresRow {
  version: number;
  phase: BlobStoresPhase;
  active: string;
  other: string | null;
  /** What the migration last told of itself. */
  progress: string | null;
  /** Milliseconds since 1970. */
  changedAt: number;
}

const COLUMNS = `version::float8 AS version, phase, active, other, progress,
  floor(extract(epoch FROM changed_at) * 1000)::float8 AS "changedAt"`;

const LOCK = `hashtextextended('perennial.retrieval.blob-stores', 0)`;
const ORDERS = `hashtextextended('perennial.retrieval.blob-move-orders', 0)`;

/** Statements on the one row of stores of files; every process of the installation follows it. */
export const blobStoresRow = {
  read: `SELECT ${COLUMNS} FROM retrieval.blob_stores`,
  /** $1: the version that is replaced, $2: phase, $3: active, $4: other. No row when another one is in force. */
  change: `UPDATE retrieval.blob_stores
              SET version = version + 1, phase = $2, active = $3, other = $4, progress = NULL, changed_at = now()
            WHERE version = $1 RETURNING ${COLUMNS}`,
  /** The same for the owner of a move: $5: its id, $6: its epoch, $7: the owner. */
  changeOwned: `UPDATE retrieval.blob_stores
              SET version = version + 1, phase = $2, active = $3, other = $4, progress = NULL, changed_at = now()
            WHERE version = $1 AND EXISTS (
              SELECT 1 FROM retrieval.blob_moves m
               WHERE m.id = $5 AND m.epoch = $6 AND m.owner = $7 AND m.finished_at IS NULL AND NOT m.paused FOR SHARE)
           RETURNING ${COLUMNS}`,
  /** $1: a sentence. Not a new version: no process acts on it. */
  tell: 'UPDATE retrieval.blob_stores SET progress = $1',
  /** Held by the session of the one migration that runs. */
  lock: `SELECT pg_try_advisory_lock(${LOCK}) AS free`,
  /** One row if a service works on a move. */
  ordered: 'SELECT 1 FROM retrieval.blob_moves WHERE finished_at IS NULL AND NOT paused',
  /** Whether no session has it. Until the end of the transaction none gets it; others may look, too. */
  isFree: `SELECT pg_try_advisory_xact_lock_shared(${LOCK}) AS free`,
  /** Until the end of the transaction nobody else orders anything. */
  holdOrders: `SELECT pg_advisory_xact_lock(${ORDERS})`,
};
