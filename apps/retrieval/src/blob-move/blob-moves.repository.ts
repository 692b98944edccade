import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { BlobMoveProgress } from '@perennial/contracts-retrieval';
import { Database, type Queryable, type Tx } from '@perennial/persistence';
import { type Fence, WorkLostError } from '@perennial/work';
import type { BlobMoveClaim, BlobMoveOrder, BlobMoveRow, ClaimedBlobMove } from './blob-move-row';
import { type BlobStoresRow, blobStoresRow } from './blob-stores-row';

const ORDER = `kind, target, bytes_per_s::float8 AS "bytesPerS", skip_unreadable AS "skipUnreadable", without_copying AS "withoutCopying"`;
const IS_MINE = 'id = $1 AND epoch = $2 AND owner = $3 AND finished_at IS NULL AND NOT paused';

/** Moves of files that administrators have begun: what is wanted, and who works on it. */
@Injectable()
export class BlobMovesRepository {
  constructor(private readonly database: Database) {}

  /**
   * Makes this process the owner of the move that waits, or whose owner is dead; undefined: there is none, or a command moves files. A command
   * looks for moves while it has the lock, and so does this statement: one of the two comes first.
   */
  claim(processId: string): Promise<ClaimedBlobMove | undefined> {
    return this.database.first<ClaimedBlobMove>(
      `UPDATE blob_moves SET owner = $1, epoch = epoch + 1, deaths = deaths + (owner IS NOT NULL)::int, error = NULL
        WHERE finished_at IS NULL AND NOT paused
          AND CASE WHEN owner IS NULL THEN not_before <= now() ELSE NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = owner) END
          AND EXISTS (SELECT 1 FROM processes p WHERE p.id = $1) AND (${blobStoresRow.isFree})
       RETURNING id, epoch, owner, deaths, ${ORDER}`,
      [processId],
      { name: 'blob_moves.claim' },
    );
  }

  owned(processId: string): Promise<Fence[]> {
    return this.database.query<Fence>(
      'SELECT id, epoch FROM blob_moves WHERE owner = $1 AND finished_at IS NULL AND NOT paused',
      [processId],
      { name: 'blob_moves.owned' },
    );
  }

  /** @param afterS seconds until it may be claimed again */
  release(processId: string, fences: readonly Fence[], afterS = 0, error: string | null = null): Promise<Fence[]> {
    return this.database.query<Fence>(
      `UPDATE blob_moves m SET owner = NULL, not_before = now() + $4 * interval '1 second', error = coalesce($5, m.error)
         FROM unnest($1::uuid[], $2::int[]) AS i (id, epoch)
        WHERE m.id = i.id AND m.epoch = i.epoch AND m.owner = $3 AND m.finished_at IS NULL
       RETURNING m.id, m.epoch`,
      [fences.map(({ id }) => id), fences.map(({ epoch }) => epoch), processId, afterS, error],
    );
  }

  /** It goes no further until somebody lets it. */
  stop(move: BlobMoveClaim, error: string): Promise<void> {
    return this.record('paused = true, owner = NULL, told = NULL, error = $4', move, error);
  }

  complete(move: BlobMoveClaim, result: string): Promise<void> {
    return this.record('finished_at = now(), owner = NULL, told = NULL, error = NULL, result = $4', move, result);
  }

  report(move: BlobMoveClaim, progress: BlobMoveProgress): Promise<void> {
    return this.record('progress = $4, told = NULL', move, JSON.stringify(progress));
  }

  compared(move: BlobMoveClaim, result: { samples: number; equal: number }): Promise<void> {
    return this.record('compared = $4', move, JSON.stringify(result));
  }

  /** What it waits for, or has just done, for people. */
  note(move: BlobMoveClaim, line: string): Promise<void> {
    return this.record('told = $4', move, line);
  }

  /** @throws WorkLostError */
  private async record(change: string, { id, epoch, owner }: BlobMoveClaim, value: string): Promise<void> {
    const changed = await this.database.execute(`UPDATE blob_moves SET ${change} WHERE ${IS_MINE}`, [
      id,
      epoch,
      owner,
      value,
    ]);
    if (changed === 0) throw new WorkLostError();
  }

  /** The row that says which store holds the files. */
  async stores(db: Queryable = this.database): Promise<BlobStoresRow> {
    const row = await db.first<BlobStoresRow>(blobStoresRow.read);
    if (!row) throw new Error('the row of the stores of files is missing');
    return row;
  }

  /**
   * Changes it, if it is as it was read and the move is still this process's.
   *
   * @returns undefined when it is not
   */
  change(
    { id, epoch, owner }: BlobMoveClaim,
    { version }: BlobStoresRow,
    { phase, active, other }: Pick<BlobStoresRow, 'phase' | 'active' | 'other'>,
  ): Promise<BlobStoresRow | undefined> {
    return this.database.first<BlobStoresRow>(blobStoresRow.changeOwned, [
      version,
      phase,
      active,
      other,
      id,
      epoch,
      owner,
    ]);
  }

  async tell(progress: string): Promise<void> {
    await this.database.execute(blobStoresRow.tell, [progress]);
  }

  /** Keys of some files, by chance. */
  async sampleKeys(count: number): Promise<string[]> {
    const rows = await this.database.query<{ key: string }>(
      'SELECT blob_key AS key FROM files WHERE deleted_at IS NULL ORDER BY random() LIMIT $1',
      [count],
    );
    return rows.map(({ key }) => key);
  }

  async countKeys(): Promise<number> {
    const row = await this.database.first<{ count: number }>(
      'SELECT count(*)::float8 AS count FROM files WHERE deleted_at IS NULL',
    );
    return row?.count ?? 0;
  }

  /** Who uses the database, beside commands. */
  async sessions(): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      `SELECT DISTINCT coalesce(nullif(application_name, ''), 'a session without a name') AS name FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND backend_type = 'client backend'
        ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  }

  /** @returns false while a command moves files; else none begins before the end of the transaction */
  async holdLock(tx: Queryable): Promise<boolean> {
    return (await tx.first<{ free: boolean }>(blobStoresRow.isFree))?.free === true;
  }

  /** One order after the other. */
  async holdOrders(tx: Tx): Promise<void> {
    await tx.execute(blobStoresRow.holdOrders, []);
  }

  /** The last one, also if it is finished. */
  last(db: Queryable = this.database): Promise<BlobMoveRow | undefined> {
    return db.first<BlobMoveRow>(
      `SELECT id, ${ORDER}, paused, progress, compared, told, error, result,
              finished_at IS NOT NULL AS "isFinished"
         FROM blob_moves ORDER BY finished_at IS NULL DESC, created_at DESC LIMIT 1`,
    );
  }

  /** Begins one, or lets the present one go on in this way: its owner, if it has one, has lost it. */
  async order(tx: Tx, { kind, target, bytesPerS, skipUnreadable, withoutCopying }: BlobMoveOrder): Promise<void> {
    await tx.execute(
      `INSERT INTO blob_moves (id, kind, target, bytes_per_s, skip_unreadable, without_copying) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT ((true)) WHERE finished_at IS NULL DO UPDATE
          SET kind = excluded.kind, target = excluded.target, bytes_per_s = excluded.bytes_per_s,
              skip_unreadable = excluded.skip_unreadable, without_copying = excluded.without_copying,
              paused = false, owner = NULL, epoch = blob_moves.epoch + 1, deaths = 0, not_before = now(), told = NULL, error = NULL,
              progress = CASE WHEN blob_moves.kind = excluded.kind THEN blob_moves.progress END`,
      [randomUUID(), kind, target, bytesPerS, skipUnreadable, withoutCopying],
    );
    await tx.execute('DELETE FROM blob_moves WHERE finished_at IS NOT NULL', []);
  }

  /** @returns whether there was one that was not paused */
  async pause(tx: Tx): Promise<boolean> {
    const changed = await tx.execute(
      'UPDATE blob_moves SET paused = true, owner = NULL, epoch = epoch + 1, told = NULL WHERE finished_at IS NULL AND NOT paused',
      [],
    );
    return changed > 0;
  }
}
