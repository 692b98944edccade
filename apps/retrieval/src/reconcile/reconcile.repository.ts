import { Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';
import type { PointGroup } from './orphans';

/** Keys begin with the id of their file (`blobKeyOf`). */
const FILE_OF = /^files\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//i;

/** Rows changed by one statement. */
const BATCH = 5_000;

/** A generation that is found, or that a worker makes; `f` is the file. */
const IN_USE = (generation: string): string =>
  `f.deleted_at IS NULL AND (${generation} = f.live_generation OR ${generation} = f.generation)`;

const ORPHAN_CHUNKS = `
  chunks c WHERE NOT EXISTS (SELECT 1 FROM files f WHERE f.id = c.file_id AND ${IN_USE('c.generation')})
             AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.file_id = c.file_id)`;
const LOST_PLACEMENTS = `
  placements p WHERE p.scope <> p.file_id
                 AND NOT EXISTS (SELECT 1 FROM knowledge_bases b WHERE b.id = p.scope AND b.deleted_at IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.scope = p.scope)`;
const HOMELESS_FILES = `
  files f WHERE f.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.file_id = f.id)`;
const HALF_DELETED = (table: string, key: string): string => `
  ${table} d WHERE d.deleted_at < now() - interval '1 minute' AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.${key} = d.id)`;
const DELETED_FILES = HALF_DELETED('files', 'file_id');
const DELETED_BASES = HALF_DELETED('knowledge_bases', 'scope');

/** What Postgres says about what lies in the stores, and what is wrong with its own rows. */
@Injectable()
export class ReconcileRepository {
  constructor(private readonly database: Database) {}

  /** Those of the keys that no file has and that are not about to be removed. */
  async unknownBlobs(keys: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ key: string }>(
      `SELECT key FROM unnest($1::text[], $2::uuid[]) AS k (key, file_id)
        WHERE NOT EXISTS (SELECT 1 FROM files f WHERE f.id = k.file_id AND f.blob_key = k.key)
          -- A file that is being removed takes its bytes with it.
          AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.file_id = k.file_id AND (r.kind = 'file' OR r.blob_key = k.key))`,
      // By the file's id, for which there are indexes: all keys of a store are asked for.
      [keys, keys.map((key) => FILE_OF.exec(key)?.[1] ?? null)],
    );
    return rows.map((row) => row.key);
  }

  /** Those of the groups that are of no use; one whose removal is on the list is left to it. */
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

  /** Points of these have just been deleted: what is recorded of them in the index counts no more, and they are written again if needed. */
  async unrecord(indexId: string, groups: readonly PointGroup[]): Promise<void> {
    await this.database.execute(
      `DELETE FROM indexed i USING unnest($1::uuid[], $2::uuid[], $3::int[]) AS g (scope, file_id, generation)
        WHERE i.index_id = $4 AND i.file_id = g.file_id AND i.scope = g.scope AND i.generation = g.generation`,
      [...columns(groups), indexId],
    );
  }

  async collections(): Promise<{ id: string; collection: string; state: 'building' | 'active' | 'retired' }[]> {
    return this.database.query('SELECT id, collection, state FROM indexes');
  }

  /** Rows alone, each by one cheap statement. */
  async countRows(): Promise<{
    chunks: number;
    deletedFiles: number;
    deletedBases: number;
    placements: number;
    homelessFiles: number;
  }> {
    const count = async (from: string): Promise<number> =>
      (await this.database.first<{ count: number }>(`SELECT count(*)::int AS count FROM ${from}`))?.count ?? 0;
    return {
      chunks: await count(ORPHAN_CHUNKS),
      deletedFiles: await count(DELETED_FILES),
      deletedBases: await count(DELETED_BASES),
      placements: await count(LOST_PLACEMENTS),
      homelessFiles: await count(HOMELESS_FILES),
    };
  }

  /** Puts right what `countRows` counts. */
  async repairRows(): Promise<void> {
    await this.database.execute(
      `DELETE FROM placements WHERE (file_id, scope) IN (SELECT p.file_id, p.scope FROM ${LOST_PLACEMENTS})`,
    );
    await this.database.execute(
      `INSERT INTO placements (file_id, scope) SELECT f.id, f.id FROM ${HOMELESS_FILES} ON CONFLICT DO NOTHING`,
    );
    await this.database.execute(`INSERT INTO removals (kind, file_id) SELECT 'file', d.id FROM ${DELETED_FILES}`);
    await this.database.execute(`INSERT INTO removals (kind, scope) SELECT 'scope', d.id FROM ${DELETED_BASES}`);
    while (
      (await this.database.execute(
        `DELETE FROM chunks WHERE ctid IN (SELECT c.ctid FROM ${ORPHAN_CHUNKS} LIMIT ${BATCH})`,
      )) === BATCH
    );
  }
}

function columns(groups: readonly PointGroup[]): [string[], string[], number[]] {
  return [
    groups.map(({ scope }) => scope),
    groups.map(({ fileId }) => fileId),
    groups.map(({ generation }) => generation),
  ];
}
