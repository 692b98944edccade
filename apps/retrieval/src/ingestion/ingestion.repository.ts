import { Injectable } from '@nestjs/common';
import type { IngestionStep } from '@perennial/contracts-retrieval';
import { Database, type Tx, UnitOfWork } from '@perennial/persistence';
import { type Backlog, type Fence, WorkLostError } from '@perennial/work';
import { FileMoves } from '../files/file-moves.repository';
import { FILE_COLUMNS, type FileRow } from '../files/file-row';
import type { IngestionJob } from '../files/ingestion-queue';
import { IndexCatalog } from '../search-index/index-catalog';
import type { Chunk } from '../splitting/chunk';
import type { ClaimedFile, FileClaim } from './claimed-file';

/**
 * The present owner; locked against a claim, a replacement or a deletion until the statement has ended. `$1` file, `$2` epoch,
 * `$3` owner: a failover that lost a claim lets the same epoch be issued again.
 */
const MINE = `mine AS (
  SELECT id, generation FROM files WHERE id = $1 AND epoch = $2 AND owner = $3 AND state = 'processing' AND deleted_at IS NULL FOR SHARE)`;
const IS_MINE = `f.id = $1 AND f.epoch = $2 AND f.owner = $3 AND f.state = 'processing' AND f.deleted_at IS NULL`;
/** From this many deaths on a file is ingested in quarantine: it alone is charged for the next one. */
const SUSPECT = 2;
/** An `IngestionJob` from `files f`. */
export const AS_JOB = `f.id AS "fileId", f.epoch, f.rank, f.deaths >= ${SUSPECT} AS alone`;

/** A step is finished: earlier failures no longer count. */
const CALM = 'attempts = 0, deaths = 0, unanswered_since = NULL';

/** How a file returns to the queue. */
export interface Release {
  /** Seconds before it may be claimed again. */
  afterS?: number;
  /** The ingestion failed, which is limited. */
  broke?: boolean;
  /** The server that reads it was away, perhaps because of it. */
  unanswered?: boolean;
  /** It is too slow to be among the files of others. */
  slow?: boolean;
  /** The message for its owner meanwhile. */
  error?: { code: string; message: string };
}

/** A placement whose points are not all in an index. */
export interface MissingPlace {
  scope: string;
  /** Tells it from one that was removed and made again. */
  placedAt: string;
}

/** Files that a process may claim now. */
export interface Claimable {
  /** Includes files with which workers have died: for a quarantine process. */
  suspect: boolean;
  /** Includes slow files. */
  slow: boolean;
}

/** Ownership and progress of ingestions: every statement is a compare-and-set on state, owner and epoch. */
@Injectable()
export class IngestionRepository {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly catalog: IndexCatalog,
    private readonly moves: FileMoves,
  ) {}

  /**
   * Makes this process the owner, if the file waits or its owner is dead. Undefined: it has another owner, is finished, or must wait.
   */
  claim(fileId: string, processId: string, { suspect, slow }: Claimable): Promise<ClaimedFile | undefined> {
    return this.database.first<ClaimedFile>(
      `UPDATE files f
          SET state = 'processing', owner = $2, epoch = f.epoch + 1, deaths = f.deaths + (f.state = 'processing')::int,
              step = CASE WHEN f.chunk_count IS NULL THEN 'extract' ELSE 'embed' END
        WHERE f.id = $1 AND f.deleted_at IS NULL
          AND ((f.state = 'pending' AND f.queued_at IS NOT NULL AND f.not_before <= now())
               OR (f.state = 'processing' AND NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = f.owner)))
          AND EXISTS (SELECT 1 FROM processes p WHERE p.id = $2)
          AND (f.deaths < ${SUSPECT} OR $3) AND (NOT f.slow OR $4)
       RETURNING f.id, f.user_id AS "userId", f.name, f.content_type AS "contentType", f.size::float8 AS size, f.blob_key AS "blobKey",
                 f.residence, f.generation, f.live_generation AS "liveGeneration", f.epoch, f.owner, f.chunk_count AS "chunkCount", f.attempts,
                 extract(epoch FROM now() - f.unanswered_since)::float8 AS "unansweredS", f.slow, f.traceparent`,
      [fileId, processId, suspect, slow],
      { name: 'ingestion.take' },
    );
  }

  /** Files that are not ingested yet, by state. Only one process returns them: the scraped one with the first incarnation. */
  backlog(processId: string): Promise<Backlog[]> {
    return this.database.query<Backlog>(
      `SELECT s.state, count(f.id)::int AS count,
              coalesce(extract(epoch FROM now() - min(greatest(f.queued_at, f.not_before)) FILTER (WHERE f.not_before <= now())), 0)::float8
                * (s.state = 'pending')::int AS waiting_s
         FROM unnest(ARRAY['pending', 'processing']) AS s (state)
         LEFT JOIN (
           SELECT id, state, queued_at, not_before FROM files WHERE state = 'pending' AND queued_at IS NOT NULL AND deleted_at IS NULL
           UNION ALL
           SELECT id, state, queued_at, not_before FROM files WHERE state = 'processing' AND deleted_at IS NULL
         ) AS f USING (state)
        WHERE (SELECT id FROM processes WHERE instance NOT LIKE '%-quarantine-%' ORDER BY id LIMIT 1) = $1
        GROUP BY s.state`,
      [processId],
    );
  }

  /** The files that this process owns in Postgres. */
  owned(processId: string): Promise<Fence[]> {
    return this.database.query<Fence>(
      `SELECT id, epoch FROM files WHERE owner = $1 AND state = 'processing'`,
      [processId],
      {
        name: 'ingestion.owned',
      },
    );
  }

  /** @throws WorkLostError */
  async assertMine({ id, epoch, owner }: FileClaim): Promise<void> {
    const row = await this.database.first(`SELECT 1 FROM files f WHERE ${IS_MINE}`, [id, epoch, owner], {
      name: 'ingestion.mine',
    });
    if (!row) throw new WorkLostError();
  }

  /** Deletes chunks of the generation from an earlier attempt. */
  async clearChunks({ id, epoch, owner }: FileClaim): Promise<void> {
    await this.database.execute(
      `WITH ${MINE} DELETE FROM chunks c USING mine WHERE c.file_id = mine.id AND c.generation = mine.generation`,
      [id, epoch, owner],
    );
  }

  /** @throws WorkLostError */
  async addChunks({ id, epoch, owner }: FileClaim, chunks: readonly Chunk[]): Promise<void> {
    const added = await this.database.execute(
      `WITH ${MINE}
       INSERT INTO chunks (file_id, generation, ordinal, text, page, page_label, start_seconds, heading, start_offset, end_offset, hash)
       SELECT mine.id, mine.generation, c.*
         FROM mine, unnest($4::int[], $5::text[], $6::int[], $7::text[], $8::int[], $9::text[], $10::int[], $11::int[], $12::text[]) AS c`,
      [
        id,
        epoch,
        owner,
        chunks.map((chunk) => chunk.ordinal),
        chunks.map((chunk) => chunk.text),
        chunks.map((chunk) => chunk.page ?? null),
        chunks.map((chunk) => chunk.pageLabel ?? null),
        chunks.map((chunk) => chunk.startSeconds ?? null),
        chunks.map((chunk) => chunk.heading ?? null),
        chunks.map((chunk) => chunk.start),
        chunks.map((chunk) => chunk.end),
        chunks.map((chunk) => chunk.hash),
      ],
      { name: 'ingestion.add-chunks' },
    );
    if (added !== chunks.length) throw new WorkLostError();
  }

  /**
   * All chunks are stored: from here on a restart continues with embedding.
   *
   * @param textSize bytes of all of them.
   * @throws WorkLostError
   */
  async chunksComplete(claim: FileClaim, count: number, textSize: number): Promise<void> {
    await this.record(`chunk_count = $4, text_size = $5, step = 'embed', ${CALM}`, claim, count, textSize);
  }

  /**
   * @param finished the previous step is finished, so attempts count from zero.
   *
   * @throws WorkLostError
   */
  async reach(claim: FileClaim, step: IngestionStep, finished = false): Promise<void> {
    await this.record(`step = $4${finished ? `, ${CALM}` : ''}`, claim, step);
  }

  private async record(change: string, { id, epoch, owner }: FileClaim, ...values: unknown[]): Promise<void> {
    const changed = await this.database.execute(`UPDATE files f SET ${change} WHERE ${IS_MINE}`, [
      id,
      epoch,
      owner,
      ...values,
    ]);
    if (changed === 0) throw new WorkLostError();
  }

  /** Placements of the file whose points are not all in the index. */
  missingPlaces(file: ClaimedFile, indexId: string): Promise<MissingPlace[]> {
    return this.database.query<MissingPlace>(
      `SELECT p.scope, p.created_at::text AS "placedAt" FROM placements p WHERE p.file_id = $1 AND NOT EXISTS (
         SELECT 1 FROM indexed i WHERE i.index_id = $2 AND i.file_id = $1 AND i.scope = p.scope AND i.generation = $3)`,
      [file.id, indexId, file.generation],
    );
  }

  /** A scope whose points of the present generation are all in the index. */
  async indexedScope(file: ClaimedFile, indexId: string): Promise<string | undefined> {
    const row = await this.database.first<{ scope: string }>(
      'SELECT scope FROM indexed WHERE index_id = $1 AND file_id = $2 AND generation = $3 LIMIT 1',
      [indexId, file.id, file.generation],
    );
    return row?.scope;
  }

  /**
   * All points of these placements are in the index. One that was removed meanwhile is left out, also if it was made again: its removal may have
   * deleted the first of its points.
   *
   * @throws WorkLostError
   */
  async recordIndexed(
    { id, epoch, owner }: FileClaim,
    indexId: string,
    places: readonly MissingPlace[],
  ): Promise<void> {
    const row = await this.database.first(
      `WITH ${MINE},
       recorded AS (
         INSERT INTO indexed (index_id, file_id, scope, generation)
         SELECT $4, mine.id, p.scope, mine.generation
           FROM mine CROSS JOIN unnest($5::uuid[], $6::timestamptz[]) n (scope, placed_at)
           JOIN placements p ON p.file_id = mine.id AND p.scope = n.scope AND p.created_at = n.placed_at
            FOR KEY SHARE OF p
         ON CONFLICT DO NOTHING),
       accepted AS (DELETE FROM index_refusals r USING mine WHERE r.index_id = $4 AND r.file_id = mine.id)
       SELECT 1 FROM mine`,
      [id, epoch, owner, indexId, places.map(({ scope }) => scope), places.map(({ placedAt }) => placedAt)],
    );
    if (!row) throw new WorkLostError();
  }

  /**
   * The switch: makes the indexed generation live, and queues the previous one for removal. Undefined when something is still missing: a
   * placement, or a new index.
   *
   * @param indexes false: searches read whole texts only, so that no index needs to have it
   * @throws WorkLostError
   */
  async finish({ id, epoch, owner }: FileClaim, { indexes }: { indexes: boolean }): Promise<FileRow | undefined> {
    return this.unitOfWork.run(async (tx) => {
      const locked = await tx.first<{ generation: number }>(
        `SELECT f.generation FROM files f WHERE ${IS_MINE} FOR UPDATE`,
        [id, epoch, owner],
      );
      if (!locked) throw new WorkLostError();
      if (indexes && (await this.isMissing(tx, id, locked.generation))) return undefined;
      if (locked.generation > 1)
        await tx.execute(`INSERT INTO removals (kind, file_id, below) VALUES ('generations', $1, $2)`, [
          id,
          locked.generation,
        ]);
      const row = await tx.first<FileRow>(
        `UPDATE files f SET state = 'completed', step = 'index', owner = NULL, live_generation = generation, live_sha256 = sha256,
                error = NULL, ${CALM}, slow = false, updated_at = now()
          WHERE f.id = $1 RETURNING ${FILE_COLUMNS}`,
        [id],
      );
      await this.moves.settle(tx, id, { indexes });
      return row;
    });
  }

  /**
   * Whether the active index lacks the file in some scope. A building index does not become active before the file is in it.
   */
  private async isMissing(tx: Tx, id: string, generation: number): Promise<boolean> {
    const active = await this.catalog.holdActive(tx);
    if (!active) return true;
    const missing = await tx.first(
      `SELECT 1 FROM placements p WHERE p.file_id = $1 AND NOT EXISTS (
         SELECT 1 FROM indexed i WHERE i.index_id = $2 AND i.file_id = p.file_id AND i.scope = p.scope AND i.generation = $3)
        LIMIT 1`,
      [id, active.id, generation],
    );
    return missing !== undefined;
  }

  /**
   * Marks the file as failed, with the reason, and deletes its incomplete chunks. Undefined: this process has lost it.
   */
  async fail({ id, epoch, owner }: FileClaim, error: { code: string; message: string }): Promise<FileRow | undefined> {
    await this.database.execute(
      `DELETE FROM chunks c USING files f
        WHERE ${IS_MINE} AND f.chunk_count IS NULL AND c.file_id = f.id AND c.generation = f.generation`,
      [id, epoch, owner],
    );
    return this.database.first<FileRow>(
      `UPDATE files f SET state = 'failed', owner = NULL, error = $4, updated_at = now() WHERE ${IS_MINE} RETURNING ${FILE_COLUMNS}`,
      [id, epoch, owner, JSON.stringify(error)],
    );
  }

  /** Returns files to the queue, except those that this process has lost. */
  async release(
    owner: string,
    files: readonly Fence[],
    { afterS = 0, broke = false, unanswered = false, slow = false, error }: Release = {},
  ): Promise<IngestionJob[]> {
    return this.database.query<IngestionJob>(
      `UPDATE files f
          SET state = 'pending', owner = NULL, queued_at = now(), not_before = now() + $3 * interval '1 second',
              attempts = f.attempts + $4, error = $5, slow = f.slow OR $6,
              unanswered_since = CASE WHEN $8 THEN coalesce(f.unanswered_since, now()) ELSE f.unanswered_since END
         FROM unnest($1::uuid[], $2::int[]) AS i (id, epoch)
        WHERE f.id = i.id AND f.epoch = i.epoch AND f.owner = $7 AND f.state = 'processing' AND f.deleted_at IS NULL
       RETURNING ${AS_JOB}`,
      [
        files.map((file) => file.id),
        files.map((file) => file.epoch),
        afterS,
        broke ? 1 : 0,
        error ? JSON.stringify(error) : null,
        slow,
        owner,
        unanswered,
      ],
    );
  }

  /**
   * Re-queues files whose owner is not registered: their claim raced with the reaping of its process, or their row was locked then. The other
   * files of that process are unknown by now, so the death is only noted.
   */
  requeueOrphans(): Promise<IngestionJob[]> {
    return this.database.query<IngestionJob>(
      `UPDATE files f SET state = 'pending', owner = NULL, queued_at = now(), deaths = deaths + 1
        WHERE f.id IN (
         SELECT o.id FROM files o
          WHERE o.state = 'processing' AND o.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = o.owner)
            FOR UPDATE SKIP LOCKED)
       RETURNING ${AS_JOB}`,
      [],
      { name: 'ingestion.requeue-orphans' },
    );
  }

  /** Whether another user's file waits and could be claimed. */
  async othersWait(userId: string): Promise<boolean> {
    const row = await this.database.first<{ waits: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM files
         WHERE state = 'pending' AND queued_at < now() - interval '500 milliseconds' AND deleted_at IS NULL
           AND not_before <= now() AND NOT slow AND deaths < ${SUSPECT} AND user_id <> $1) AS waits`,
      [userId],
      { name: 'ingestion.others-wait' },
    );
    return row?.waits ?? false;
  }

  /** The id of the next suspected file. */
  async nextSuspect(): Promise<string | undefined> {
    const row = await this.database.first<{ id: string }>(
      `SELECT id FROM files
        WHERE state = 'pending' AND queued_at IS NOT NULL AND deleted_at IS NULL AND not_before <= now() AND deaths >= ${SUSPECT}
        ORDER BY deaths, rank, queued_at LIMIT 1`,
      [],
      { name: 'ingestion.next-suspect' },
    );
    return row?.id;
  }

  /** The next slow file: users take turns here too. */
  nextSlow(): Promise<IngestionJob | undefined> {
    return this.database.first<IngestionJob>(
      `SELECT ${AS_JOB} FROM files f
        WHERE f.slow AND f.state = 'pending' AND f.queued_at IS NOT NULL AND f.deleted_at IS NULL AND f.not_before <= now()
          AND f.deaths < ${SUSPECT}
        ORDER BY f.rank, f.queued_at LIMIT 1`,
      [],
      { name: 'ingestion.next-slow' },
    );
  }

  /** All jobs may be lost: every waiting file is due for a sweep. */
  async forgetSweeps(): Promise<void> {
    await this.database.execute(
      `UPDATE files SET swept_at = '-infinity'
        WHERE state = 'pending' AND queued_at IS NOT NULL AND deleted_at IS NULL AND swept_at > '-infinity'`,
    );
  }

  /**
   * Files that have waited so long that their job may be lost, or that are due; in the order in which they are to be claimed. Each is
   * returned to one sweeper, and again after `againS` seconds.
   */
  waiting(waitedS: number, againS: number, limit: number): Promise<IngestionJob[]> {
    return this.database.query<IngestionJob>(
      `UPDATE files f SET swept_at = now() WHERE f.id IN (
         SELECT id FROM files
          WHERE state = 'pending' AND queued_at IS NOT NULL AND deleted_at IS NULL
            AND queued_at <= now() - $1 * interval '1 second' AND not_before <= now()
            AND (swept_at <= not_before OR swept_at < queued_at OR swept_at <= now() - $2 * interval '1 second')
          ORDER BY rank, queued_at LIMIT $3 FOR UPDATE SKIP LOCKED)
       RETURNING ${AS_JOB}`,
      [waitedS, againS, limit],
      { name: 'ingestion.waiting' },
    );
  }
}
