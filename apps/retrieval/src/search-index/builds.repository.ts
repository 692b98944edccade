import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '@perennial/persistence';
import type { SealedEmbedding } from '../settings/settings';

/** The index that is requested in place of the active one. */
export interface IndexBuild {
  /** New with each request. */
  id: string;
  /** As `embeddingModelId` says it. */
  model: string;
  embedding: SealedEmbedding;
  /** The index that is being filled; null until the embedder has answered for the first time. */
  indexId: string | null;
  /** The vector store in which the index is to be; null: that of the active one. */
  store: string | null;
  /** At most so many points are written in a second; null: as many as can be. */
  pointsPerSecond: number | null;
  /** Below this share of the active index's hits searches are not moved to another store. */
  minRecall: number;
  /** An administrator has stopped it. */
  paused: boolean;
  /** Why the last try ended. */
  error: string | null;
  failures: number;
}

/** The request to have the index in another vector store. */
export type Move = Pick<IndexBuild, 'pointsPerSecond' | 'minRecall'> & { store: string };

/** A placement of a file whose points are to be written. */
export interface PlaceToFill {
  fileId: string;
  scope: string;
  generation: number;
  residence: string | null;
  /** Time of the placement, to the microsecond: a file that was removed and added again has another one. */
  placedAt: string;
}

const COLUMNS = `id, model, embedding, index_id AS "indexId", store, points_per_second AS "pointsPerSecond", min_recall AS "minRecall",
  paused, error, failures`;
const PLACE_COLUMNS = `p.file_id AS "fileId", p.scope, f.live_generation AS generation, f.residence, p.created_at::text AS "placedAt"`;
/** Longest pause between two tries, in seconds. */
const MAX_PAUSE_S = 60;

/** Placements that the index lacks in the live generation, unless its embedder has refused the file recently, or its store is left out. */
const missingFrom = (index: string, withoutResidences = `'{}'::text[]`): string => `
  placements p JOIN files f ON f.id = p.file_id
 WHERE f.deleted_at IS NULL AND f.live_generation IS NOT NULL
   AND (f.residence IS NULL OR f.residence <> ALL (${withoutResidences}))
   AND NOT EXISTS (SELECT 1 FROM indexed i
                    WHERE i.index_id = ${index} AND i.file_id = p.file_id AND i.scope = p.scope AND i.generation = f.live_generation)
   AND NOT EXISTS (SELECT 1 FROM index_refusals r
                    WHERE r.index_id = ${index} AND r.file_id = p.file_id AND r.generation = f.live_generation AND r.not_before > now())`;

/** The requested index, its builder, and what it lacks. */
@Injectable()
export class BuildsRepository {
  constructor(private readonly database: Database) {}

  find(db: Queryable = this.database): Promise<IndexBuild | undefined> {
    return db.first<IndexBuild>(`SELECT ${COLUMNS} FROM index_builds`);
  }

  /**
   * Replaces an earlier request, whose builder loses it.
   *
   * @param move absent: a move that was requested before stays requested
   */
  async request(tx: Queryable, model: string, embedding: SealedEmbedding, move?: Move): Promise<void> {
    // The previous version, which would move into the store of VECTOR_DB, waits for not_before.
    await tx.execute(
      `INSERT INTO index_builds (model, embedding, store, points_per_second, min_recall, not_before)
       VALUES ($1, $2, $3, $4, $5, CASE WHEN $3::text IS NULL THEN '-infinity'::timestamptz ELSE 'infinity' END)
       ON CONFLICT (one_row) DO UPDATE SET id = excluded.id, model = excluded.model, embedding = excluded.embedding, index_id = NULL, owner = NULL,
         paused = false, lease_until = '-infinity', error = NULL, failures = 0, retry_at = '-infinity', created_at = now()`,
      [model, JSON.stringify(embedding), move?.store ?? null, move?.pointsPerSecond ?? null, move?.minRecall ?? 0],
    );
  }

  /** The same model at another address, or with another key: retried at once. */
  async readdress(tx: Queryable, embedding: SealedEmbedding): Promise<void> {
    await tx.execute(`UPDATE index_builds SET embedding = $1, error = NULL, failures = 0, retry_at = '-infinity'`, [
      JSON.stringify(embedding),
    ]);
  }

  /** Makes files due that were released because the embedder was away or misconfigured. */
  async wakeFiles(tx: Queryable): Promise<void> {
    await tx.execute(
      `UPDATE files SET not_before = '-infinity', swept_at = '-infinity' WHERE id IN (
         SELECT id FROM files
          WHERE state = 'pending' AND queued_at IS NOT NULL AND deleted_at IS NULL AND not_before > now()
            AND error ->> 'code' IN ('embedder', 'setup') ORDER BY id FOR UPDATE SKIP LOCKED)`,
    );
  }

  async cancel(tx: Queryable): Promise<void> {
    await tx.execute('DELETE FROM index_builds');
  }

  /** Leases the build to `owner` for `leaseS` seconds; undefined if there is none or another process has it. */
  claim(owner: string, leaseS: number): Promise<IndexBuild | undefined> {
    return this.database.first<IndexBuild>(
      `UPDATE index_builds SET owner = $1, lease_until = now() + $2 * interval '1 second'
        WHERE (owner IS NULL OR lease_until < now()) AND retry_at <= now() AND NOT paused RETURNING ${COLUMNS}`,
      [owner, leaseS],
      { name: 'index-builds.claim' },
    );
  }

  /** @returns false when the owner has lost it */
  async renew(owner: string, buildId: string, leaseS: number): Promise<boolean> {
    const renewed = await this.database.execute(
      `UPDATE index_builds SET lease_until = now() + $3 * interval '1 second' WHERE owner = $1 AND id = $2`,
      [owner, buildId, leaseS],
      { name: 'index-builds.renew' },
    );
    return renewed === 1;
  }

  /**
   * Locks it for the owner until the transaction ends.
   *
   * @returns false when the owner has lost it
   */
  async hold(tx: Queryable, owner: string, buildId: string): Promise<boolean> {
    return (
      (await tx.first('SELECT 1 FROM index_builds WHERE owner = $1 AND id = $2 FOR UPDATE', [owner, buildId])) !==
      undefined
    );
  }

  async setIndex(tx: Queryable, buildId: string, indexId: string): Promise<void> {
    await tx.execute('UPDATE index_builds SET index_id = $2 WHERE id = $1', [buildId, indexId]);
  }

  /** The build continues: clears the error. */
  async noteProgress(owner: string, buildId: string): Promise<void> {
    await this.database.execute(
      'UPDATE index_builds SET error = NULL, failures = 0 WHERE owner = $1 AND id = $2 AND failures > 0',
      [owner, buildId],
    );
  }

  /**
   * Stores why it does not continue, and when it is retried (with back-off up to a minute).
   *
   * @param paused it is not retried before an administrator continues it
   */
  async fail(owner: string, buildId: string, { error, paused }: Pick<IndexBuild, 'error' | 'paused'>): Promise<void> {
    await this.database.execute(
      `UPDATE index_builds SET owner = NULL, lease_until = '-infinity', error = $3, failures = failures + 1, paused = paused OR $4,
              retry_at = now() + least(${MAX_PAUSE_S}, power(2, least(failures, 10))) * interval '1 second'
        WHERE owner = $1 AND id = $2`,
      [owner, buildId, error, paused],
    );
  }

  /** Releases the lease, so that another process can continue at once. */
  async release(owner: string): Promise<void> {
    await this.database.execute(`UPDATE index_builds SET owner = NULL, lease_until = '-infinity' WHERE owner = $1`, [
      owner,
    ]);
  }

  /**
   * The missing placements of an index after the given one, ordered by file and scope.
   * @param quietS for repairs: only files that were unchanged for so many seconds and that no worker owns. A file whose
   *   replacement has failed is included: searches find its earlier text
   * @param without placements whose files are left out
   */
  missing(
    indexId: string,
    after: PlaceToFill | undefined,
    { limit, quietS, without }: { limit: number; quietS?: number | undefined; without: readonly string[] },
  ): Promise<PlaceToFill[]> {
    return this.database.query<PlaceToFill>(
      `SELECT ${PLACE_COLUMNS} FROM ${missingFrom('$1', '$6::text[]')}
          AND ($2::uuid IS NULL OR (p.file_id, p.scope) > ($2::uuid, $3::uuid))
          AND ($5::int IS NULL OR (f.state IN ('completed', 'failed') AND greatest(f.updated_at, p.created_at) < now() - $5 * interval '1 second'))
        ORDER BY p.file_id, p.scope LIMIT $4`,
      [indexId, after?.fileId ?? null, after?.scope ?? null, limit, quietS ?? null, without],
    );
  }

  /** Missing placements of one file. */
  missingOf(indexId: string, fileId: string): Promise<PlaceToFill[]> {
    return this.database.query<PlaceToFill>(
      `SELECT ${PLACE_COLUMNS} FROM ${missingFrom('$1')} AND p.file_id = $2 ORDER BY p.scope`,
      [indexId, fileId],
    );
  }

  /** @param without placements whose files may be missing */
  async lacksAny(tx: Queryable, indexId: string, without: readonly string[]): Promise<boolean> {
    const row = await tx.first<{ lacks: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM ${missingFrom('$1', '$2::text[]')}) AS lacks`,
      [indexId, without],
    );
    return row?.lacks ?? true;
  }

  /** All live placements, and how many of them the index has. */
  async progress(indexId: string | null): Promise<{ done: number; total: number }> {
    const row = await this.database.first<{ done: number; total: number }>(
      `SELECT count(*)::int AS total, count(i.index_id)::int AS done
         FROM placements p JOIN files f ON f.id = p.file_id AND f.deleted_at IS NULL AND f.live_generation IS NOT NULL
         LEFT JOIN indexed i ON i.index_id = $1 AND i.file_id = p.file_id AND i.scope = p.scope AND i.generation = f.live_generation`,
      [indexId],
    );
    return row ?? { done: 0, total: 0 };
  }

  /**
   * Writes down that all points of these are in the index. One that has been deleted, replaced, or taken out and put back meanwhile is left
   * out: its points may have been removed since they were written. Files are locked before their placements, as everywhere.
   */
  async record(indexId: string, places: readonly PlaceToFill[]): Promise<void> {
    await this.database.execute(
      `INSERT INTO indexed (index_id, file_id, scope, generation)
       SELECT $1, p.file_id, p.scope, f.live_generation
         FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::timestamptz[]) AS n (file_id, scope, generation, placed_at)
         JOIN placements p ON p.file_id = n.file_id AND p.scope = n.scope AND p.created_at = n.placed_at
         JOIN files f ON f.id = n.file_id AND f.live_generation = n.generation AND f.deleted_at IS NULL
        WHERE EXISTS (SELECT 1 FROM indexes WHERE id = $1)
        ORDER BY p.file_id, p.scope
          FOR SHARE OF f, p
       ON CONFLICT DO NOTHING`,
      [
        indexId,
        places.map((place) => place.fileId),
        places.map((place) => place.scope),
        places.map((place) => place.generation),
        places.map((place) => place.placedAt),
      ],
    );
  }

  /**
   * Has the points of these removed (once more) where the file was deleted, replaced or taken out since they were listed: the removal may
   * have come before the points did.
   */
  async removeStale(places: readonly PlaceToFill[]): Promise<void> {
    await this.database.execute(
      `WITH n AS (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS n (file_id, scope, generation))
       INSERT INTO removals (kind, file_id, scope, below)
       SELECT DISTINCT 'generations', n.file_id, NULL::uuid, coalesce(f.live_generation, n.generation + 1)
         FROM n LEFT JOIN files f ON f.id = n.file_id AND f.deleted_at IS NULL
        WHERE f.id IS NULL OR f.live_generation > n.generation
       UNION ALL
       SELECT 'placement', n.file_id, n.scope, NULL
         FROM n JOIN files f ON f.id = n.file_id AND f.deleted_at IS NULL
        WHERE NOT EXISTS (SELECT 1 FROM placements p WHERE p.file_id = n.file_id AND p.scope = n.scope)`,
      [
        places.map((place) => place.fileId),
        places.map((place) => place.scope),
        places.map((place) => place.generation),
      ],
    );
  }

  /** Deletes vectors of another dimension than the model's present one. */
  async forgetOtherDimensions(model: string, dimension: number): Promise<void> {
    await this.database.execute('DELETE FROM embeddings_cache WHERE model = $1 AND octet_length(vector) <> $2', [
      model,
      dimension * Float32Array.BYTES_PER_ELEMENT,
    ]);
  }
}
