import { Injectable } from '@nestjs/common';
import type { IndexComparisonReport } from '@perennial/contracts-retrieval';
import { Database, type Queryable } from '@perennial/persistence';
import type { PointRef } from '@perennial/vector-store';
import type { Move } from './builds.repository';

/** A placement of a file that an index is said to have, and how many points it should have. */
export interface IndexedPlace {
  fileId: string;
  scope: string;
  generation: number;
  chunks: number;
}

export type SampledPoint = Omit<PointRef, 'id'>;

/** Live files in the stores of the installation; `$1` are the placements with a store of their own. */
const LIVE = `f.deleted_at IS NULL AND f.live_generation = i.generation AND (f.residence IS NULL OR f.residence <> ALL ($1::text[]))`;
const RELEASED = `owner = NULL, lease_until = '-infinity'`;

/** The move of the index to another vector store: its control, and what is compared before the switch. */
@Injectable()
export class MovesRepository {
  constructor(private readonly database: Database) {}

  /** Its builder loses it, and another one continues at once with these options. */
  async resume(tx: Queryable, { pointsPerSecond, minRecall }: Move): Promise<void> {
    await tx.execute(
      `UPDATE index_builds SET points_per_second = $1, min_recall = $2, paused = false, error = NULL, failures = 0,
              retry_at = '-infinity', ${RELEASED}`,
      [pointsPerSecond, minRecall],
    );
  }

  /** Its builder loses it, and none continues. */
  async pause(tx: Queryable): Promise<void> {
    await tx.execute(`UPDATE index_builds SET paused = true, error = NULL, ${RELEASED}`);
  }

  /** The former index's store, and for how long it is kept. */
  former(graceS: number): Promise<{ store: string; secondsLeft: number } | undefined> {
    return this.database.first<{ store: string; secondsLeft: number }>(
      `SELECT store, greatest(0, ceil(extract(epoch FROM former_since + $1 * interval '1 second' - now())))::int AS "secondsLeft"
         FROM indexes WHERE state = 'retired' AND former_since IS NOT NULL`,
      [graceS],
    );
  }

  /** What was compared before this index answered; null for one that took no other store's place. */
  async comparison(indexId: string): Promise<IndexComparisonReport | null> {
    const row = await this.database.first<{ comparison: IndexComparisonReport | null }>(
      'SELECT comparison FROM indexes WHERE id = $1',
      [indexId],
    );
    return row?.comparison ?? null;
  }

  /** The next placements of live files that the index is said to have, in order; fewer than `limit` means the end. */
  indexedAfter(
    indexId: string,
    after: IndexedPlace | undefined,
    { separate, limit }: { separate: readonly string[]; limit: number },
  ): Promise<IndexedPlace[]> {
    return this.database.query<IndexedPlace>(
      `SELECT i.file_id AS "fileId", i.scope, i.generation,
              (SELECT count(*)::int FROM chunks c WHERE c.file_id = i.file_id AND c.generation = i.generation) AS chunks
         FROM indexed i JOIN files f ON f.id = i.file_id AND ${LIVE}
        WHERE i.index_id = $2 AND ($3::uuid IS NULL OR (i.file_id, i.scope) > ($3::uuid, $4::uuid))
        ORDER BY i.file_id, i.scope LIMIT $5`,
      [separate, indexId, after?.fileId ?? null, after?.scope ?? null, limit],
    );
  }

  /**
   * Clears the records of placements whose points are not all there: they are written again.
   *
   * @returns how many lack points; those of files that were deleted, replaced or taken out meanwhile are rightly gone
   */
  unrecord(indexId: string, places: readonly IndexedPlace[]): Promise<number> {
    return this.database.execute(
      `DELETE FROM indexed i USING unnest($2::uuid[], $3::uuid[], $4::int[]) AS p (file_id, scope, generation), files f
        WHERE i.index_id = $1 AND i.file_id = p.file_id AND i.scope = p.scope AND i.generation = p.generation
          AND f.id = i.file_id AND f.deleted_at IS NULL AND f.live_generation = i.generation`,
      [
        indexId,
        places.map(({ fileId }) => fileId),
        places.map(({ scope }) => scope),
        places.map(({ generation }) => generation),
      ],
    );
  }

  /**
   * Points that both indexes should have, each of another placement: any, but the same ones for a second try. Otherwise an index that finds a
   * little less than it has to would be tried until it is lucky.
   */
  sample(
    [one, other]: readonly [string, string],
    { separate, limit }: { separate: readonly string[]; limit: number },
  ): Promise<SampledPoint[]> {
    return this.database.query<SampledPoint>(
      `SELECT p.file_id AS "fileId", p.scope, p.generation, c.ordinal
         FROM (SELECT i.file_id, i.scope, i.generation FROM indexed i JOIN files f ON f.id = i.file_id AND ${LIVE}
                WHERE i.index_id = $2 AND EXISTS (SELECT 1 FROM indexed o WHERE o.index_id = $3 AND o.file_id = i.file_id
                                                     AND o.scope = i.scope AND o.generation = i.generation)
                ORDER BY md5(concat(i.file_id, i.scope, $3::uuid)) LIMIT $4) p
        CROSS JOIN LATERAL (SELECT ordinal FROM chunks WHERE file_id = p.file_id AND generation = p.generation
                             ORDER BY md5(concat(file_id, ordinal, $3::uuid)) LIMIT 1) c`,
      [separate, one, other, limit],
    );
  }
}
