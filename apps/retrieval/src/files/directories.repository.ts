import { Injectable } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { MAX_DIRECTORY_DEPTH } from '@perennial/contracts-retrieval';
import type { KnowledgeDirectory } from '@perennial/contracts-wire';
import { Database, type Queryable, type Tx } from '@perennial/persistence';

const COLUMNS = `d.id, d.base_id AS knowledge_id, d.parent_id, d.name, d.user_id,
  floor(extract(epoch FROM d.created_at))::int AS created_at, floor(extract(epoch FROM d.updated_at))::int AS updated_at`;
/** `way`: the directory `$2` and all above it, by their distance from it. A bound, although there are no circles. */
const WAY = `RECURSIVE way (id, parent_id, distance) AS (
    SELECT id, parent_id, 0 FROM knowledge_directories WHERE base_id = $1 AND id = $2
    UNION ALL
    SELECT d.id, d.parent_id, w.distance + 1 FROM way w JOIN knowledge_directories d ON d.base_id = $1 AND d.id = w.parent_id
     WHERE w.distance < ${2 * MAX_DIRECTORY_DEPTH})`;
/** `tree`: the directory `$2` and all below it. */
const TREE = `RECURSIVE tree (id, depth) AS (
    SELECT id, 1 FROM knowledge_directories WHERE base_id = $1 AND id = $2
    UNION ALL
    SELECT d.id, t.depth + 1 FROM tree t JOIN knowledge_directories d ON d.base_id = $1 AND d.parent_id = t.id
     WHERE t.depth < ${2 * MAX_DIRECTORY_DEPTH})`;

/** Directories of bases. Whoever changes them has locked the base: two moves at once cannot make a circle. */
@Injectable()
export class DirectoriesRepository {
  constructor(private readonly database: Database) {}

  find(baseId: string, id: string, db: Queryable = this.database): Promise<KnowledgeDirectory | undefined> {
    return db.first<KnowledgeDirectory>(
      `SELECT ${COLUMNS} FROM knowledge_directories d WHERE d.base_id = $1 AND d.id = $2`,
      [baseId, id],
    );
  }

  /** @throws CallError NOT_FOUND unless all are in the base */
  async assertIn(db: Queryable, baseId: string, ids: readonly string[]): Promise<void> {
    const different = [...new Set(ids)];
    if (different.length === 0) return;
    const row = await db.first<{ count: number }>(
      'SELECT count(*)::int AS count FROM knowledge_directories WHERE base_id = $1 AND id = ANY ($2::uuid[])',
      [baseId, different],
    );
    if (row?.count !== different.length) throw noDirectory();
  }

  /** Those directly in a directory, by name; null: at the top level. */
  in(baseId: string, parentId: string | null): Promise<KnowledgeDirectory[]> {
    return this.database.query<KnowledgeDirectory>(
      `SELECT ${COLUMNS} FROM knowledge_directories d
        WHERE d.base_id = $1 AND coalesce(d.parent_id, d.base_id) = coalesce($2::uuid, $1) ORDER BY d.name, d.id`,
      [baseId, parentId],
    );
  }

  /** The directories on the way to one, itself last; none if it is not in the base. */
  wayTo(baseId: string, id: string, db: Queryable = this.database): Promise<KnowledgeDirectory[]> {
    return db.query<KnowledgeDirectory>(
      `WITH ${WAY} SELECT ${COLUMNS} FROM way w JOIN knowledge_directories d ON d.id = w.id ORDER BY w.distance DESC`,
      [baseId, id],
    );
  }

  /** The names on the way to each directory, with `/` between them. */
  async paths(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const different = [...new Set(ids)];
    if (different.length === 0) return new Map();
    const rows = await this.database.query<{ id: string; path: string }>(
      `WITH RECURSIVE way (id, parent_id, path, distance) AS (
         SELECT id, parent_id, name, 0 FROM knowledge_directories WHERE id = ANY ($1::uuid[])
         UNION ALL
         SELECT w.id, d.parent_id, d.name || '/' || w.path, w.distance + 1 FROM way w JOIN knowledge_directories d ON d.id = w.parent_id
          WHERE w.distance < ${2 * MAX_DIRECTORY_DEPTH})
       SELECT id, path FROM way WHERE parent_id IS NULL`,
      [different],
    );
    return new Map(rows.map(({ id, path }) => [id, path]));
  }

  async count(tx: Tx, baseId: string): Promise<number> {
    const row = await tx.first<{ count: number }>(
      'SELECT count(*)::int AS count FROM knowledge_directories WHERE base_id = $1',
      [baseId],
    );
    return row?.count ?? 0;
  }

  /** The directory and all below it, with their depth from 1. */
  tree(tx: Tx, baseId: string, id: string): Promise<{ id: string; depth: number }[]> {
    return tx.query<{ id: string; depth: number }>(`WITH ${TREE} SELECT id, depth FROM tree`, [baseId, id]);
  }

  /** @returns undefined when one with this name is there already */
  insert(tx: Tx, { id, knowledgeId, parentId, name, userId }: NewDirectory): Promise<KnowledgeDirectory | undefined> {
    return tx.first<KnowledgeDirectory>(
      `INSERT INTO knowledge_directories AS d (id, base_id, parent_id, name, user_id) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      [id, knowledgeId, parentId, name, userId],
    );
  }

  /** Whether another one with this name is there. */
  async isNamed(tx: Tx, { knowledge_id, parent_id, name, id }: KnowledgeDirectory): Promise<boolean> {
    const row = await tx.first(
      `SELECT 1 FROM knowledge_directories
        WHERE base_id = $1 AND coalesce(parent_id, base_id) = coalesce($2::uuid, $1) AND name = $3 AND id <> $4`,
      [knowledge_id, parent_id, name, id],
    );
    return row !== undefined;
  }

  async update(tx: Tx, { id, parent_id, name }: KnowledgeDirectory): Promise<KnowledgeDirectory> {
    const row = await tx.first<KnowledgeDirectory>(
      `UPDATE knowledge_directories d SET parent_id = $2, name = $3, updated_at = now() WHERE d.id = $1 RETURNING ${COLUMNS}`,
      [id, parent_id, name],
    );
    return row!;
  }

  async remove(tx: Tx, baseId: string, ids: readonly string[]): Promise<void> {
    await tx.execute('DELETE FROM knowledge_directories WHERE base_id = $1 AND id = ANY ($2::uuid[])', [baseId, ids]);
  }

  /** Moves the files of these directories to another one; null: to the top level. */
  moveFiles(tx: Tx, baseId: string, ids: readonly string[], to: string | null): Promise<number> {
    return tx.execute('UPDATE placements SET directory_id = $3 WHERE scope = $1 AND directory_id = ANY ($2::uuid[])', [
      baseId,
      ids,
      to,
    ]);
  }

  /** Locks the files of these directories, in the order of their ids. */
  async lockFiles(tx: Tx, baseId: string, ids: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `SELECT f.id FROM files f
        WHERE f.deleted_at IS NULL AND f.id IN (SELECT p.file_id FROM placements p WHERE p.scope = $1 AND p.directory_id = ANY ($2::uuid[]))
        ORDER BY f.id FOR UPDATE OF f`,
      [baseId, ids],
    );
    return rows.map(({ id }) => id);
  }
}

interface NewDirectory {
  id: string;
  knowledgeId: string;
  parentId: string | null;
  name: string;
  userId: string;
}

export function noDirectory(): CallError {
  return new CallError('NOT_FOUND', 'There is no such directory in this knowledge base.', {
    problem: 'directory_not_found',
  });
}
