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
        WHERE p.scope = $1 AND f.deleted_at IS NULL AND f.sha256 = ANY ($2::text[]) AND f.id <> ALL ($3::uuid[])`,
      [baseId, sha256, except],
    );
    return rows.map((row) => row.sha256);
  }

  async countIn(tx: Queryable, scope: string): Promise<number> {
    const row = await tx.first<{ count: number }>(
      'SELECT count(*)::int AS count FROM placements p JOIN files f ON f.id = p.file_id AND f.deleted_at IS NULL WHERE p.scope = $1',
      [scope],
    );
    return row?.count ?? 0;
  }

  /**
   * Places locked files.
   *
   * @returns the newly placed ones
   */
  async place(tx: Tx, scope: string, fileIds: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `INSERT INTO placements (file_id, scope) SELECT unnest($1::uuid[]), $2 ON CONFLICT DO NOTHING RETURNING file_id AS id`,
      [fileIds, scope],
    );
    return rows.map((row) => row.id);
  }

  /** Removes a locked file from a scope; its points there are queued for removal. */
  async unplace(tx: Tx, scope: string, fileId: string): Promise<boolean> {
    const removed = await tx.execute('DELETE FROM placements WHERE file_id = $1 AND scope = $2', [fileId, scope]);
    if (removed === 0) return false;
    await tx.execute('DELETE FROM indexed WHERE file_id = $1 AND scope = $2', [fileId, scope]);
    await tx.execute(`INSERT INTO removals (kind, file_id, scope) VALUES ('placement', $1, $2)`, [fileId, scope]);
    return true;
  }

  async scopesOf(tx: Queryable, fileId: string): Promise<string[]> {
    const rows = await tx.query<{ scope: string }>('SELECT scope FROM placements WHERE file_id = $1', [fileId]);
    return rows.map((row) => row.scope);
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
