import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@perennial/persistence';

/**
 * Whether the points of a placement `p` that moves can be found in its new base: they are in the active index, and no removal that was asked for
 * earlier can still take them away.
 */
const ARRIVED = `
  EXISTS (SELECT 1 FROM indexed i JOIN indexes x ON x.id = i.index_id AND x.state = 'active'
           WHERE i.file_id = p.file_id AND i.scope = p.moved_to AND i.generation = f.live_generation)
  AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.kind = 'placement' AND r.file_id = p.file_id AND r.scope = p.moved_to)
  AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.kind = 'scope' AND r.scope = p.moved_to)`;
/** Ends moves: the old placements go, with their records, and their points are queued for removal. `due` lists them. */
const END = `
  ended AS (DELETE FROM placements p USING due WHERE p.file_id = due.file_id AND p.scope = due.scope RETURNING p.file_id, p.scope)
  INSERT INTO removals (kind, file_id, scope) SELECT 'placement', file_id, scope FROM ended`;

/**
 * Files on their way from one base to another. Such a file has two placements: the new one, and the old one with `moved_to`. It belongs to the new
 * base at once; searches find it in the old one until its points are in the new one. The statement that ends the move changes both, so that a
 * search finds it in exactly one of them.
 */
@Injectable()
export class FileMoves {
  constructor(private readonly database: Database) {}

  /** Moves a locked file, which is in `from`, between two locked bases. */
  async begin(tx: Tx, fileId: string, from: string, to: string, directoryId: string | null): Promise<void> {
    // It is on its way to `from`, and found where that began: it goes on from there.
    const passing = await tx.execute('UPDATE placements SET moved_to = $3 WHERE file_id = $1 AND moved_to = $2', [
      fileId,
      from,
      to,
    ]);
    if (passing > 0) {
      await tx.execute('DELETE FROM placements WHERE file_id = $1 AND scope = $2', [fileId, from]);
      await tx.execute(`INSERT INTO removals (kind, file_id, scope) VALUES ('placement', $1, $2)`, [fileId, from]);
    } else {
      await tx.execute('UPDATE placements SET moved_to = $3, directory_id = NULL WHERE file_id = $1 AND scope = $2', [
        fileId,
        from,
        to,
      ]);
    }
    // Back to where it is still found: nothing has to be written. Placements that led there too are not needed.
    const back = await tx.execute(
      'UPDATE placements SET moved_to = NULL, directory_id = $3 WHERE file_id = $1 AND scope = $2 AND moved_to IS NOT NULL',
      [fileId, to, directoryId],
    );
    if (back > 0) await this.endAll(tx, fileId, to);
    else
      await tx.execute(
        `INSERT INTO placements (file_id, scope, directory_id) VALUES ($1, $2, $3)
         ON CONFLICT (file_id, scope) DO UPDATE SET directory_id = excluded.directory_id`,
        [fileId, to, directoryId],
      );
  }

  /** Nothing of the file is found anywhere, or it need not be: ends its moves at once. */
  async endAll(tx: Tx, fileId: string, to: string): Promise<void> {
    await tx.execute(
      `WITH due AS (SELECT file_id, scope FROM placements WHERE file_id = $1 AND moved_to = $2), ${END}`,
      [fileId, to],
    );
  }

  /**
   * Ends the moves of a locked file that has been indexed.
   *
   * @param indexes false: searches read whole texts only, so that no points are needed
   */
  async settle(tx: Tx, fileId: string, { indexes }: { indexes: boolean }): Promise<void> {
    await tx.execute(
      `WITH due AS (
         SELECT p.file_id, p.scope FROM placements p JOIN files f ON f.id = p.file_id
          WHERE p.file_id = $1 AND p.moved_to IS NOT NULL ${indexes ? `AND ${ARRIVED}` : ''}), ${END}`,
      [fileId],
      { name: `moves.settle${indexes ? '' : '-all'}` },
    );
  }

  /** Whether files of a locked base have left it and are found only there until they are in their new ones; failed ones may never be. */
  async isBeingLeft(tx: Tx, scope: string): Promise<boolean> {
    const row = await tx.first(
      `SELECT 1 FROM placements p JOIN files f ON f.id = p.file_id AND f.deleted_at IS NULL AND f.state <> 'failed'
         JOIN indexed i ON i.file_id = p.file_id AND i.scope = p.scope AND i.generation = f.live_generation
         JOIN indexes x ON x.id = i.index_id AND x.state = 'active'
        WHERE p.scope = $1 AND p.moved_to IS NOT NULL LIMIT 1`,
      [scope],
    );
    return row !== undefined;
  }

  /**
   * Ends moves that no ingestion has ended: it failed after its points were written, a removal stood in the way, or a process of the version
   * before finished it. A file that was taken out of its new base by such a process is back in the old one.
   */
  async settleAll(): Promise<void> {
    await this.database.execute(
      `WITH lost AS (
         SELECT p.file_id, p.scope FROM placements p
          WHERE p.moved_to IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM placements t WHERE t.file_id = p.file_id AND t.scope = p.moved_to)
            FOR UPDATE SKIP LOCKED)
       UPDATE placements p SET moved_to = NULL FROM lost WHERE p.file_id = lost.file_id AND p.scope = lost.scope`,
    );
    await this.settleInto();
  }

  /** Ends the moves into these bases, by default into all, that have only waited for removals. */
  async settleInto(scopes?: readonly string[]): Promise<void> {
    await this.database.execute(
      `WITH due AS (
         SELECT p.file_id, p.scope FROM placements p JOIN files f ON f.id = p.file_id
          WHERE p.moved_to IS NOT NULL ${scopes ? 'AND p.moved_to = ANY ($1::uuid[])' : ''} AND ${ARRIVED}
            FOR UPDATE OF f, p SKIP LOCKED), ${END}`,
      scopes ? [scopes] : [],
    );
  }
}
