import { Injectable } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { Database, type Queryable, type Tx } from '@perennial/persistence';

/** The part of a base that placement rules need. */
export interface BaseRow {
  id: string;
  userId: string;
  residence: string | null;
}

/** Placements of files, and the bases they are in. */
@Injectable()
export class PlacementsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Locks a base that is not deleted until the transaction ends: of two concurrent uploads of the same bytes only one may get in.
   */
  holdBase(tx: Tx, baseId: string): Promise<BaseRow | undefined> {
    return tx.first<BaseRow>(
      `SELECT id, user_id AS "userId", residence FROM knowledge_bases WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE`,
      [baseId],
    );
  }

  /** Which of these bytes the base has already, under an id that is not in `except`. */
  async heldContent(
    tx: Queryable,
    baseId: string,
    sha256: readonly string[],
    except: readonly string[],
  ): Promise<string[]> {
    const rows = await tx.query<{ sha256: string }>(
      `SELECT f.sha256 FROM placements p JOIN files f ON f.id = p.file_id
        WHERE p.scope = $1 AND p.moved_to IS NULL AND f.deleted_at IS NULL AND f.sha256 = ANY ($2::text[]) AND f.id <> ALL ($3::uuid[])`,
      [baseId, sha256, except],
    );
    return rows.map((row) => row.sha256);
  }

  async countIn(tx: Queryable, scope: string): Promise<number> {
    const row = await tx.first<{ count: number }>(
      'SELECT count(*)::int AS count FROM placements p JOIN files f ON f.id = p.file_id AND f.deleted_at IS NULL WHERE p.scope = $1 AND p.moved_to IS NULL',
      [scope],
    );
    return row?.count ?? 0;
  }

  /**
   * Places locked files, those of `directoryOf` in their directories. One that was to leave this scope stays.
   *
   * @returns the newly placed ones
   */
  async place(
    tx: Tx,
    scope: string,
    fileIds: readonly string[],
    directoryOf: Readonly<Record<string, string>> = {},
  ): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `INSERT INTO placements AS p (file_id, scope, directory_id) SELECT n.file_id, $2, n.directory_id FROM unnest($1::uuid[], $3::uuid[]) n (file_id, directory_id)
       ON CONFLICT (file_id, scope) DO UPDATE SET moved_to = NULL, directory_id = excluded.directory_id WHERE p.moved_to IS NOT NULL
       RETURNING file_id AS id`,
      [fileIds, scope, fileIds.map((id) => directoryOf[id] ?? null)],
    );
    return rows.map((row) => row.id);
  }

  /**
   * Removes locked files from a scope, and from those that they were moving out of into it; their points there are queued for removal.
   *
   * @returns the removed ones
   */
  async unplace(tx: Tx, scope: string, fileIds: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `WITH removed AS (
         DELETE FROM placements WHERE file_id = ANY ($1::uuid[]) AND (scope = $2 AND moved_to IS NULL OR moved_to = $2) RETURNING file_id, scope),
       points AS (INSERT INTO removals (kind, file_id, scope) SELECT 'placement', file_id, scope FROM removed)
       SELECT file_id AS id FROM removed WHERE scope = $2`,
      [fileIds, scope],
    );
    return rows.map((row) => row.id);
  }

  /** Where the file is: not what it is moving out of. */
  async scopesOf(tx: Queryable, fileId: string): Promise<string[]> {
    const rows = await tx.query<{ scope: string }>(
      'SELECT scope FROM placements WHERE file_id = $1 AND moved_to IS NULL',
      [fileId],
    );
    return rows.map((row) => row.scope);
  }

  /** Puts a file of a base into a directory of it; null: at its top level. */
  async setDirectory(tx: Tx, scope: string, fileId: string, directoryId: string | null): Promise<void> {
    await tx.execute('UPDATE placements SET directory_id = $3 WHERE file_id = $1 AND scope = $2', [
      fileId,
      scope,
      directoryId,
    ]);
  }

  async touchBase(tx: Tx, baseId: string): Promise<void> {
    await tx.execute('UPDATE knowledge_bases SET updated_at = now() WHERE id = $1', [baseId]);
  }
}

/** The error for bytes that a base has already, with the words that clients of the wire match on. */
export function duplicateContent(): CallError {
  return new CallError('INVALID_ARGUMENT', 'Duplicate content detected. Please provide unique content to proceed.', {
    reason: 'duplicate',
    problem: 'duplicate_content',
  });
}
