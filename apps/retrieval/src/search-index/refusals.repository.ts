import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '@perennial/persistence';

/** The first wait of a refused file; doubled with each refusal. */
const FIRST_WAIT_S = 30;
const MAX_WAIT_S = 3_600;

/** A file that an index lacks, because its embedder refuses one of its texts. */
export interface RefusedFile {
  fileId: string;
  name: string;
  indexId: string;
  error: string;
  tries: number;
}

/** Files that an embedder refuses: they are listed and retried, and block nothing. */
@Injectable()
export class RefusalsRepository {
  constructor(private readonly database: Database) {}

  /** Records that the index lacks this generation of the file, with back-off until the next try. */
  async add(indexId: string, fileId: string, generation: number, error: string): Promise<void> {
    await this.database.execute(
      `INSERT INTO index_refusals AS r (index_id, file_id, generation, error, not_before)
       SELECT i.id, f.id, $3, $4, now() + ${FIRST_WAIT_S} * interval '1 second'
         FROM indexes i, files f WHERE i.id = $1 AND f.id = $2
          FOR KEY SHARE OF i, f
       ON CONFLICT (index_id, file_id, generation) DO UPDATE
          SET error = excluded.error, tries = r.tries + 1,
              not_before = now() + least(${MAX_WAIT_S}, ${FIRST_WAIT_S} * power(2, least(r.tries, 10))) * interval '1 second'`,
      [indexId, fileId, generation, error],
    );
  }

  /** The index has the files after all. */
  async clear(indexId: string, fileIds: readonly string[], db: Queryable = this.database): Promise<void> {
    await db.execute('DELETE FROM index_refusals WHERE index_id = $1 AND file_id = ANY ($2::uuid[])', [
      indexId,
      fileIds,
    ]);
  }

  /** Refusals of the writable indexes, the latest first, and their number. */
  async list(limit: number): Promise<{ files: RefusedFile[]; total: number }> {
    const rows = await this.database.query<RefusedFile & { total: number }>(
      `SELECT r.file_id AS "fileId", f.name, r.index_id AS "indexId", r.error, r.tries, count(*) OVER ()::int AS total
         FROM index_refusals r
         JOIN indexes i ON i.id = r.index_id AND i.state IN ('active', 'building')
         JOIN files f ON f.id = r.file_id AND f.live_generation = r.generation AND f.deleted_at IS NULL
        ORDER BY r.not_before DESC, r.file_id LIMIT $1`,
      [limit],
    );
    return { files: rows.map(({ total: _, ...file }) => file), total: rows[0]?.total ?? 0 };
  }
}
