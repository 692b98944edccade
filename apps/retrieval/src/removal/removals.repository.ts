import { Injectable } from '@nestjs/common';
import { Database, UnitOfWork } from '@perennial/persistence';
import { FILE_COLUMNS, type FileRow } from '../files/file-row';
import { FilesRepository } from '../files/files.repository';

interface RemovalBase {
  id: number;
  tries: number;
  /** Of the file or the base: where its points and bytes are. */
  residence: string | null;
}
/** A pending removal; `removals` in the schema describes its kinds. */
export type Removal = RemovalBase &
  (
    | { kind: 'file'; fileId: string }
    | { kind: 'scope'; scope: string }
    | { kind: 'placement'; fileId: string; scope: string }
    | { kind: 'generations'; fileId: string; below: number }
    | { kind: 'blob'; blobKey: string }
  );

/** How long a removal is reserved for the process that leased it. */
const LEASE_S = 15;
/** Rows deleted by one statement: few enough not to lock for long. */
const BATCH = 5_000;

/** Pending removals. A row stays until all its data is deleted; every step is idempotent. */
@Injectable()
export class RemovalsRepository {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly files: FilesRepository,
  ) {}

  /** Leases some due removals until the lease expires. */
  async lease(limit: number): Promise<Removal[]> {
    return this.database.query<Removal>(
      `UPDATE removals SET not_before = now() + ${LEASE_S} * interval '1 second', tries = tries + 1 WHERE id IN (
         SELECT id FROM removals WHERE not_before <= now() ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING id::float8 AS id, tries, kind, file_id AS "fileId", scope, below, blob_key AS "blobKey",
         coalesce((SELECT f.residence FROM files f WHERE f.id = file_id),
                  (SELECT b.residence FROM knowledge_bases b WHERE b.id = scope)) AS residence`,
      [limit],
      { name: 'removals.lease' },
    );
  }

  async postpone(ids: readonly number[], seconds: number): Promise<void> {
    await this.database.execute(
      `UPDATE removals SET not_before = now() + $2 * interval '1 second' WHERE id = ANY ($1::bigint[])`,
      [ids, seconds],
    );
  }

  /** Returns leased removals that were not tried. */
  async giveBack(ids: readonly number[]): Promise<void> {
    await this.database.execute(
      'UPDATE removals SET not_before = now(), tries = tries - 1 WHERE id = ANY ($1::bigint[])',
      [ids],
    );
  }

  async done(ids: readonly number[]): Promise<void> {
    await this.database.execute('DELETE FROM removals WHERE id = ANY ($1::bigint[])', [ids]);
  }

  /** Deletes all rows of deleted files. The files' own rows go last, so that the removal can be repeated. */
  async deleteFiles(fileIds: readonly string[]): Promise<void> {
    await this.deleteAll(
      `DELETE FROM chunks WHERE ctid IN (SELECT ctid FROM chunks WHERE file_id = ANY ($1::uuid[]) LIMIT ${BATCH})`,
      [fileIds],
    );
    await this.database.execute('DELETE FROM indexed WHERE file_id = ANY ($1::uuid[])', [fileIds]);
    await this.database.execute('DELETE FROM files WHERE id = ANY ($1::uuid[]) AND deleted_at IS NOT NULL', [fileIds]);
  }

  async deleteChunks(fileId: string, below: number): Promise<void> {
    await this.database.execute('DELETE FROM indexed WHERE file_id = $1 AND generation < $2', [fileId, below]);
    await this.deleteAll(
      `DELETE FROM chunks WHERE ctid IN (SELECT ctid FROM chunks WHERE file_id = $1 AND generation < $2 LIMIT ${BATCH})`,
      [fileId, below],
    );
  }

  async deleteBase(baseId: string): Promise<void> {
    await this.database.execute('DELETE FROM knowledge_bases WHERE id = $1 AND deleted_at IS NOT NULL', [baseId]);
  }

  /**
   * Files that were added (again) to a scope whose points have just been deleted: their points may have been among these, whatever the
   * records say. They are indexed there again, and a worker with one of them repeats that step. A failed file is included if an earlier
   * content of it is live.
   * @param fileId one file; undefined for all in the scope
   */
  async placeAgain(scope: string, fileId?: string): Promise<FileRow[]> {
    return this.unitOfWork.run(async (tx) => {
      const placed = await tx.query<FileRow>(
        `SELECT ${FILE_COLUMNS} FROM files f
          WHERE f.deleted_at IS NULL AND f.queued_at IS NOT NULL
            AND (f.state <> 'failed' OR f.live_generation IS NOT NULL) AND ($2::uuid IS NULL OR f.id = $2)
            AND EXISTS (SELECT 1 FROM placements p WHERE p.file_id = f.id AND p.scope = $1)
          ORDER BY f.id FOR UPDATE OF f`,
        [scope, fileId ?? null],
      );
      if (placed.length === 0) return [];
      const ids = placed.map((row) => row.id);
      await tx.execute('DELETE FROM indexed WHERE scope = $1 AND file_id = ANY ($2::uuid[])', [scope, ids]);
      return this.files.requeue(tx, ids, { anew: false });
    });
  }

  private async deleteAll(statement: string, params: readonly unknown[]): Promise<void> {
    while ((await this.database.execute(statement, params)) === BATCH);
  }
}
