import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { pictures } from '@perennial/contracts-chat';
import { type CallParsedRequest, placementOfKey } from '@perennial/contracts-kernel';
import { Database, type Queryable, UnitOfWork } from '@perennial/persistence';

type NewPicture = CallParsedRequest<typeof pictures.keep>['pictures'][number];

export interface Picture {
  id: string;
  blobKey: string;
  contentType: string;
  size: number;
  sha256: string;
}

/** How long an unreferenced picture is kept: its message or completion may be on its way. */
const UNREFERENCED = `interval '1 hour'`;
const BATCH = 200;

/** Rows of pictures, and of blobs that must be removed. */
@Injectable()
export class PicturesRepository {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Stores each picture once for the user; blobs of duplicates are recorded for removal. If the earlier blob is in another placement, it is
   * the one that goes: the user's data belongs elsewhere now.
   *
   * @returns their ids, in this order
   */
  async keep(tx: Queryable, userId: string, pictures: readonly NewPicture[]): Promise<string[]> {
    const ids = new Map<string, string>();
    // In one order, so that concurrent requests with the same pictures do not deadlock.
    for (const picture of [...pictures].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))) {
      const row = await tx.first<{ id: string; blob_key: string }>(
        `INSERT INTO pictures (id, user_id, sha256, size, content_type, blob_key, check_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() + ${UNREFERENCED})
         ON CONFLICT (user_id, sha256) DO UPDATE SET check_at = excluded.check_at
         RETURNING id, blob_key`,
        [randomUUID(), userId, picture.sha256, picture.size, picture.contentType, picture.blobKey],
      );
      if (row === undefined) throw new Error('a picture was neither inserted nor found');
      ids.set(picture.sha256, row.id);
      if (row.blob_key === picture.blobKey) continue;
      const hasMoved = placementOfKey(row.blob_key) !== placementOfKey(picture.blobKey);
      if (hasMoved) await tx.execute('UPDATE pictures SET blob_key = $2 WHERE id = $1', [row.id, picture.blobKey]);
      await tx.execute('INSERT INTO picture_removals (blob_key) VALUES ($1) ON CONFLICT DO NOTHING', [
        hasMoved ? row.blob_key : picture.blobKey,
      ]);
    }
    return pictures.map(({ sha256 }) => ids.get(sha256) ?? '');
  }

  /** Those of the pictures that are the user's. */
  async find(userId: string, ids: readonly string[]): Promise<Picture[]> {
    return this.database.query<Picture>(
      `SELECT id, blob_key AS "blobKey", content_type AS "contentType", size::float8 AS size, sha256
         FROM pictures WHERE user_id = $1 AND id = ANY ($2::uuid[])`,
      [userId, ids],
      { name: 'pictures.find' },
    );
  }

  /** Removes the references of plain completions that have ended in any way. Their messages are not needed again. */
  async releaseEnded(): Promise<void> {
    await this.database.execute(
      `DELETE FROM picture_references WHERE (run_id, picture_id) IN (
         SELECT f.run_id, f.picture_id FROM picture_references f JOIN runs r ON r.id = f.run_id
          WHERE r.terminal IS NOT NULL FOR UPDATE OF f SKIP LOCKED)`,
    );
  }

  /**
   * Deletes pictures without references; their blobs are recorded for removal in the same transaction.
   *
   * @returns whether there may be more
   */
  async giveUp(): Promise<boolean> {
    return this.unitOfWork.run(async (tx) => {
      const due = await tx.query<{ id: string }>(
        `SELECT id FROM pictures WHERE check_at <= now() ORDER BY check_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
      );
      if (due.length === 0) return false;
      const ids = due.map(({ id }) => id);
      // A separate statement: it sees the commits that the lock has waited for, and no new reference can be added now.
      await tx.execute(
        `WITH gone AS (
           DELETE FROM pictures p WHERE p.id = ANY ($1::uuid[])
              AND NOT EXISTS (SELECT 1 FROM picture_references r WHERE r.picture_id = p.id) RETURNING p.blob_key
         )
         INSERT INTO picture_removals (blob_key) SELECT blob_key FROM gone ON CONFLICT DO NOTHING`,
        [ids],
      );
      await tx.execute('UPDATE pictures SET check_at = NULL WHERE id = ANY ($1::uuid[])', [ids]);
      return due.length === BATCH;
    });
  }

  /** @param after the last key of the previous page; empty for the first one */
  async removals(after: string): Promise<string[]> {
    const rows = await this.database.query<{ blob_key: string }>(
      `SELECT blob_key FROM picture_removals WHERE blob_key > $1 ORDER BY blob_key LIMIT ${BATCH}`,
      [after],
    );
    return rows.map((row) => row.blob_key);
  }

  async removed(blobKeys: readonly string[]): Promise<void> {
    await this.database.execute('DELETE FROM picture_removals WHERE blob_key = ANY ($1::text[])', [blobKeys]);
  }

  /** The keys without a row here. */
  async unknown(blobKeys: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ key: string }>(
      `SELECT k.key FROM unnest($1::text[]) k (key)
        WHERE NOT EXISTS (SELECT 1 FROM pictures p WHERE p.blob_key = k.key)
          AND NOT EXISTS (SELECT 1 FROM picture_removals r WHERE r.blob_key = k.key)`,
      [blobKeys],
    );
    return rows.map(({ key }) => key);
  }
}
