import { Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';
import type { PointGroup } from './orphans';

/** Keys begin with the id of their file (`toBlobKey`). */
const FILE_OF = /^(?:at\/[a-z0-9-]+\/)?files\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//i;

/** Chunks removed by one statement: few enough not to lock for long. */
const BATCH = 5_000;

/** A generation that is live, or being ingested; `f` is the file. */
const IN_USE = (generation: string): string =>
  `f.deleted_at IS NULL AND (${generation} = f.live_generation OR ${generation} = f.generation)`;

/** Condition for orphans, `c` being a chunk or a generation of chunks. */
const ORPHAN = `
  NOT EXISTS (SELECT 1 FROM files f WHERE f.id = c.file_id AND ${IN_USE('c.generation')})
  AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.file_id = c.file_id)`;
/** The chunks of one generation; checked again, since its file may have been registered meanwhile. */
const ORPHAN_CHUNKS = `chunks c WHERE c.file_id = $1 AND c.generation = $2 AND ${ORPHAN}`;

const HALF_DELETED = (table: string, key: string): string => `
  ${table} d WHERE d.id = ANY ($1::uuid[]) AND d.deleted_at < now() - interval '1 minute'
               AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.${key} = d.id)`;

/** Faults of rows whose ids are `$1`: the affected rows, and the statement that repairs them. */
const FAULTS = {
  placements: fault(
    `placements p WHERE p.file_id = ANY ($1::uuid[]) AND p.scope <> p.file_id
                    AND NOT EXISTS (SELECT 1 FROM knowledge_bases b WHERE b.id = p.scope AND b.deleted_at IS NULL)
                    AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.scope = p.scope)`,
    (lost) => `DELETE FROM ${lost}`,
  ),
  homelessFiles: fault(
    `files f WHERE f.id = ANY ($1::uuid[]) AND f.deleted_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.file_id = f.id)`,
    (homeless) => `INSERT INTO placements (file_id, scope) SELECT f.id, f.id FROM ${homeless} ON CONFLICT DO NOTHING`,
  ),
  deletedFiles: fault(
    HALF_DELETED('files', 'file_id'),
    (deleted) => `INSERT INTO removals (kind, file_id) SELECT 'file', d.id FROM ${deleted}`,
  ),
  deletedBases: fault(
    HALF_DELETED('knowledge_bases', 'scope'),
    (deleted) => `INSERT INTO removals (kind, scope) SELECT 'scope', d.id FROM ${deleted}`,
  ),
};
export type Inconsistency = keyof typeof FAULTS;

/** The chunks of one generation of a file. */
export interface Generation {
  fileId: string;
  generation: number;
}

/** Postgres's view of stored objects, and faults of its own rows. */
@Injectable()
export class ReconcileRepository {
  constructor(private readonly database: Database) {}

  /** The keys without a file and without a pending removal. */
  async unknownBlobs(keys: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ key: string }>(
      `SELECT key FROM unnest($1::text[], $2::uuid[]) AS k (key, file_id)
        WHERE NOT EXISTS (SELECT 1 FROM files f WHERE f.id = k.file_id AND f.blob_key = k.key)
          -- A file that is being removed takes its bytes with it.
          AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.file_id = k.file_id AND (r.kind = 'file' OR r.blob_key = k.key))`,
      // By the file's id, which is indexed: all keys of a store are checked.
      [keys, keys.map((key) => FILE_OF.exec(key)?.[1] ?? null)],
    );
    return rows.map((row) => row.key);
  }

  /** The orphaned groups, without those with a pending removal. */
  strayGroups(groups: readonly PointGroup[]): Promise<PointGroup[]> {
    return this.database.query<PointGroup>(
      `SELECT scope, file_id AS "fileId", generation FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS g (scope, file_id, generation)
        WHERE NOT EXISTS (SELECT 1 FROM placements p JOIN files f ON f.id = p.file_id
                           WHERE p.file_id = g.file_id AND p.scope = g.scope AND ${IN_USE('g.generation')})
          AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.file_id = g.file_id)
          AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.scope = g.scope AND r.kind = 'scope')`,
      columns(groups),
    );
  }

  /** Points of these groups were deleted: clears their records in the index, and queues them for indexing if needed. */
  async unrecord(indexId: string, groups: readonly PointGroup[]): Promise<void> {
    await this.database.execute(
      `DELETE FROM indexed i USING unnest($1::uuid[], $2::uuid[], $3::int[]) AS g (scope, file_id, generation)
        WHERE i.index_id = $4 AND i.file_id = g.file_id AND i.scope = g.scope AND i.generation = g.generation`,
      [...columns(groups), indexId],
    );
  }

  /** `isKept`: its points are to be right; a retired index is dropped soon. */
  async collections(): Promise<{ id: string; collection: string; store: string; isKept: boolean }[]> {
    return this.database.query(
      `SELECT id, collection, store, state <> 'retired' OR former_since IS NOT NULL AS "isKept" FROM indexes`,
    );
  }

  /** The next ids, in order; fewer than `limit` means the end. */
  async idsAfter(table: 'files' | 'knowledge_bases', after: string, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT id FROM ${table} WHERE id > $1 ORDER BY id LIMIT $2`,
      [after, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** The number of these rows with the fault; `repair` fixes them. */
  async withFault(name: Inconsistency, ids: readonly string[], { repair }: { repair: boolean }): Promise<number> {
    const fault = FAULTS[name];
    if (repair) return this.database.execute(fault.repair, [ids]);
    return (await this.database.first<{ count: number }>(fault.count, [ids]))?.count ?? 0;
  }

  /**
   * The next generations, in order, each with whether it is an orphan. The index is probed for one after another, so that it costs a look for
   * each generation, not for each chunk.
   */
  generationsAfter({ fileId, generation }: Generation, limit: number): Promise<(Generation & { orphan: boolean })[]> {
    return this.database.query(
      `WITH RECURSIVE page AS (
         (SELECT file_id, generation FROM chunks WHERE (file_id, generation) > ($1::uuid, $2::int) ORDER BY file_id, generation LIMIT 1)
         UNION ALL
         SELECT next.file_id, next.generation FROM page CROSS JOIN LATERAL (
           SELECT file_id, generation FROM chunks
            WHERE (file_id, generation) > (page.file_id, page.generation) ORDER BY file_id, generation LIMIT 1) next)
       SELECT c.file_id AS "fileId", c.generation, ${ORPHAN} AS orphan FROM (SELECT * FROM page LIMIT $3) c ORDER BY 1, 2`,
      [fileId, generation, limit],
    );
  }

  async countChunks({ fileId, generation }: Generation): Promise<number> {
    const counted = await this.database.first<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${ORPHAN_CHUNKS}`,
      [fileId, generation],
    );
    return counted?.count ?? 0;
  }

  /** @returns the number of removed chunks */
  async removeChunks({ fileId, generation }: Generation): Promise<number> {
    let removed = 0;
    for (let batch = BATCH; batch === BATCH; removed += batch)
      batch = await this.database.execute(
        `DELETE FROM chunks WHERE ctid IN (SELECT c.ctid FROM ${ORPHAN_CHUNKS} LIMIT ${BATCH})`,
        [fileId, generation],
      );
    return removed;
  }
}

function fault(rows: string, repair: (rows: string) => string): { count: string; repair: string } {
  return { count: `SELECT count(*)::int AS count FROM ${rows}`, repair: repair(rows) };
}

function columns(groups: readonly PointGroup[]): [string[], string[], number[]] {
  return [
    groups.map(({ scope }) => scope),
    groups.map(({ fileId }) => fileId),
    groups.map(({ generation }) => generation),
  ];
}
