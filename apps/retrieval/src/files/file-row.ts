import type { FileStatus, IngestionStep, StoredFile } from '@perennial/contracts-retrieval';
import type { FileState } from '@perennial/contracts-wire';

/** The row of a file, as all statements about files return it (`FILE_COLUMNS`). */
export interface FileRow {
  id: string;
  userId: string;
  name: string;
  contentType: string;
  size: number;
  sha256: string;
  blobKey: string;
  residence: string | null;
  generation: number;
  liveGeneration: number | null;
  liveSha256: string | null;
  state: FileState;
  step: IngestionStep | null;
  chunkCount: number | null;
  error: { code: string; message: string } | null;
  epoch: number;
  rank: number;
  /** Whether it waits for a worker or has been claimed; false: stored only. */
  queued: boolean;
  meta: Record<string, unknown>;
  /** The base it was placed in first; null: on its own. */
  base: string | null;
  createdAt: number;
  updatedAt: number;
}

/** Columns of a `FileRow` from `files f`. */
export const FILE_COLUMNS = `
  f.id, f.user_id AS "userId", f.name, f.content_type AS "contentType", f.size::float8 AS size, f.sha256, f.blob_key AS "blobKey", f.residence,
  f.generation, f.live_generation AS "liveGeneration", f.live_sha256 AS "liveSha256", f.state, f.step, f.chunk_count AS "chunkCount",
  f.error, f.epoch, f.rank, f.queued_at IS NOT NULL AS queued, f.meta,
  (SELECT p.scope FROM placements p WHERE p.file_id = f.id AND p.scope <> f.id AND p.moved_to IS NULL ORDER BY p.created_at, p.scope LIMIT 1) AS base,
  floor(extract(epoch FROM f.created_at))::int AS "createdAt", floor(extract(epoch FROM f.updated_at))::int AS "updatedAt"`;

/** The file in the wire's shape. */
export function toWire(row: FileRow): StoredFile {
  const untouched = row.state === 'pending' && !row.queued;
  return {
    id: row.id,
    user_id: row.userId,
    hash: row.liveSha256,
    filename: row.name,
    data: untouched ? {} : { status: row.state, error: row.error?.message ?? null },
    meta: {
      name: row.name,
      content_type: row.contentType,
      size: row.size,
      file_hash: row.sha256,
      data: row.meta,
      collection_name: row.base ?? `file-${row.id}`,
    },
    created_at: row.createdAt,
    updated_at: row.updatedAt,
  };
}

/** The state of a file. A worker's progress within a step is in its notices, not on the row. */
export function toStatus(row: FileRow): FileStatus {
  const total = row.chunkCount ?? 0;
  return {
    id: row.id,
    userId: row.userId,
    state: row.state,
    step: row.step,
    done: row.state === 'completed' ? total : 0,
    total,
    error: row.error?.message ?? null,
    generation: row.generation,
    liveGeneration: row.liveGeneration,
  };
}
