import { Injectable } from '@nestjs/common';
import type { CallParsedRequest, UserPrincipal } from '@perennial/contracts-kernel';
import type { knowledge } from '@perennial/contracts-retrieval';
import { KNOWLEDGE_PAGE } from '@perennial/contracts-retrieval';
import { Database, type Queryable, type Tx } from '@perennial/persistence';
import { FILE_COLUMNS, type FileRow } from '../files/file-row';

/** The row of a base. */
export interface KnowledgeRow {
  id: string;
  userId: string;
  residence: string | null;
  name: string;
  description: string;
  meta: Record<string, unknown> | null;
  fileCount: number;
  createdAt: number;
  updatedAt: number;
}

export interface Rows<T> {
  rows: T[];
  total: number;
}

type Search = CallParsedRequest<typeof knowledge.search>;
type FilesView = Omit<CallParsedRequest<typeof knowledge.files>, 'knowledgeId'>;

/** A file of a base, and its directory there. */
export type PlacedFile = FileRow & { directoryId: string | null };

const COLUMNS = `
  b.id, b.user_id AS "userId", b.residence, b.name, b.description, b.meta,
  (SELECT count(*)::int FROM placements p JOIN files f ON f.id = p.file_id AND f.deleted_at IS NULL WHERE p.scope = b.id AND p.moved_to IS NULL) AS "fileCount",
  floor(extract(epoch FROM b.created_at))::int AS "createdAt", floor(extract(epoch FROM b.updated_at))::int AS "updatedAt"`;

/** A LIKE pattern for names that contain the text literally. */
function holding(text: string): string {
  return `%${text.replace(/[\\%_]/g, (special) => `\\${special}`)}%`;
}

/** Statements about bases. */
@Injectable()
export class KnowledgeRepository {
  constructor(private readonly database: Database) {}

  /** A base that is not deleted. */
  find(id: string, db: Queryable = this.database): Promise<KnowledgeRow | undefined> {
    return db.first<KnowledgeRow>(
      `SELECT ${COLUMNS} FROM knowledge_bases b WHERE b.id = $1 AND b.deleted_at IS NULL`,
      [id],
      { name: 'knowledge.find' },
    );
  }

  /** Like `find`; locks the base against changes and placements until the transaction ends. */
  async lock(tx: Tx, id: string): Promise<KnowledgeRow | undefined> {
    await tx.query('SELECT 1 FROM knowledge_bases WHERE id = $1 FOR UPDATE', [id]);
    return this.find(id, tx);
  }

  /** The user's own; with `all`, all users'. */
  async search(
    { userId }: UserPrincipal,
    { query, all, orderBy, direction, page }: Search,
  ): Promise<Rows<KnowledgeRow>> {
    const where = `b.deleted_at IS NULL AND ($1::uuid IS NULL OR b.user_id = $1) AND (normalize(b.name) ILIKE normalize($2) OR normalize(b.description) ILIKE normalize($2))`;
    const params = [all ? null : userId, holding(query)];
    const [rows, count] = await Promise.all([
      this.database.query<KnowledgeRow>(
        `SELECT ${COLUMNS} FROM knowledge_bases b WHERE ${where}
          ORDER BY b.${orderBy} ${direction}, b.id LIMIT ${KNOWLEDGE_PAGE} OFFSET $3`,
        [...params, (page - 1) * KNOWLEDGE_PAGE],
      ),
      this.database.first<{ count: number }>(
        `SELECT count(*)::int AS count FROM knowledge_bases b WHERE ${where}`,
        params,
      ),
    ]);
    return { rows, total: count?.count ?? 0 };
  }

  async count(tx: Queryable, { userId }: UserPrincipal): Promise<number> {
    const row = await tx.first<{ count: number }>(
      'SELECT count(*)::int AS count FROM knowledge_bases WHERE user_id = $1 AND deleted_at IS NULL',
      [userId],
    );
    return row?.count ?? 0;
  }

  /** @returns undefined when the id is taken */
  create(
    tx: Tx,
    { userId }: UserPrincipal,
    { id, name, description, residence }: CallParsedRequest<typeof knowledge.create> & { residence: string | null },
  ): Promise<KnowledgeRow | undefined> {
    return tx.first<KnowledgeRow>(
      `INSERT INTO knowledge_bases AS b (id, user_id, name, description, residence)
       VALUES (coalesce($1, gen_random_uuid()), $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      [id ?? null, userId, name, description, residence],
    );
  }

  /** Changes the defined fields. */
  async update(
    tx: Tx,
    id: string,
    { name, description, meta }: { name?: string; description?: string; meta?: Record<string, unknown> | null },
  ): Promise<KnowledgeRow> {
    const row = await tx.first<KnowledgeRow>(
      `UPDATE knowledge_bases b
          SET name = coalesce($2, b.name), description = coalesce($3, b.description),
              meta = CASE WHEN $4 THEN $5::jsonb ELSE b.meta END, updated_at = now()
        WHERE b.id = $1 RETURNING ${COLUMNS}`,
      [id, name ?? null, description ?? null, meta !== undefined, meta ? JSON.stringify(meta) : null],
    );
    return row!;
  }

  /** Empties a locked base: removes all placements and directories, and queues its points for removal. */
  async clear(tx: Tx, id: string): Promise<void> {
    await tx.execute(
      `WITH coming AS (DELETE FROM placements WHERE moved_to = $1 RETURNING file_id, scope)
       INSERT INTO removals (kind, file_id, scope) SELECT 'placement', file_id, scope FROM coming`,
      [id],
    );
    await tx.execute('DELETE FROM placements WHERE scope = $1', [id]);
    await tx.execute('DELETE FROM indexed WHERE scope = $1', [id]);
    await tx.execute('DELETE FROM knowledge_directories WHERE base_id = $1', [id]);
    await tx.execute(`INSERT INTO removals (kind, scope) VALUES ('scope', $1)`, [id]);
  }

  async markDeleted(tx: Tx, id: string): Promise<void> {
    await tx.execute('UPDATE knowledge_bases SET deleted_at = now() WHERE id = $1', [id]);
  }

  /**
   * The files of a base, or those directly in one of its directories; null: at the top level. Only ids and keys are sorted, and only the rows of
   * the page are read whole: so a late page costs little more than the first.
   */
  async files(
    knowledgeId: string,
    { directoryId, query, orderBy, direction, page, limit }: FilesView,
  ): Promise<Rows<PlacedFile>> {
    const params: unknown[] = [knowledgeId];
    const param = (value: unknown): string => `$${params.push(value)}`;
    let from = `FROM placements p JOIN files f ON f.id = p.file_id AND f.deleted_at IS NULL WHERE p.scope = $1 AND p.moved_to IS NULL`;
    if (directoryId === null) from += ' AND p.directory_id IS NULL';
    else if (directoryId !== undefined) from += ` AND p.directory_id = ${param(directoryId)}`;
    if (query !== '') from += ` AND normalize(f.name) ILIKE normalize(${param(holding(query))})`;
    const order = `ORDER BY f.${orderBy} ${direction}, f.id`;
    const [count, rows] = await Promise.all([
      this.database.first<{ count: number }>(`SELECT count(*)::int AS count ${from}`, [...params]),
      this.database.query<PlacedFile>(
        `WITH page AS MATERIALIZED (SELECT p.file_id, p.directory_id ${from} ${order} LIMIT ${param(limit)} OFFSET ${param((page - 1) * limit)})
         SELECT ${FILE_COLUMNS}, page.directory_id AS "directoryId" FROM page JOIN files f ON f.id = page.file_id ${order}`,
        params,
      ),
    ]);
    return { rows, total: count?.count ?? 0 };
  }

  /** Files in any of the user's bases. */
  async searchFiles(
    { userId }: UserPrincipal,
    query: string,
    page: number,
  ): Promise<Rows<PlacedFile & { baseId: string; baseName: string }>> {
    const from = `
      FROM knowledge_bases b JOIN placements x ON x.scope = b.id JOIN files f ON f.id = x.file_id AND x.moved_to IS NULL
     WHERE b.user_id = $1 AND b.deleted_at IS NULL AND f.deleted_at IS NULL AND normalize(f.name) ILIKE normalize($2)`;
    const params = [userId, holding(query)];
    const [rows, count] = await Promise.all([
      this.database.query<PlacedFile & { baseId: string; baseName: string }>(
        `SELECT ${FILE_COLUMNS}, x.directory_id AS "directoryId", b.id AS "baseId", b.name AS "baseName" ${from}
          ORDER BY f.updated_at DESC, f.id, b.id LIMIT ${KNOWLEDGE_PAGE} OFFSET $3`,
        [...params, (page - 1) * KNOWLEDGE_PAGE],
      ),
      this.database.first<{ count: number }>(`SELECT count(*)::int AS count ${from}`, params),
    ]);
    return { rows, total: count?.count ?? 0 };
  }

  /** Files of a base that wait or are being ingested. */
  pending(knowledgeId: string, limit: number): Promise<FileRow[]> {
    return this.database.query<FileRow>(
      `SELECT ${FILE_COLUMNS} FROM placements x JOIN files f ON f.id = x.file_id
        WHERE x.scope = $1 AND x.moved_to IS NULL AND f.deleted_at IS NULL AND f.queued_at IS NOT NULL AND f.state IN ('pending', 'processing')
        ORDER BY f.queued_at, f.id LIMIT $2`,
      [knowledgeId, limit],
    );
  }

  /** Locks the files of a base in the order of their ids. */
  lockFiles(tx: Tx, knowledgeId: string): Promise<{ id: string }[]> {
    return tx.query<{ id: string }>(
      `SELECT f.id FROM files f
        WHERE f.deleted_at IS NULL AND EXISTS (SELECT 1 FROM placements x WHERE x.file_id = f.id AND x.scope = $1)
        ORDER BY f.id FOR UPDATE OF f`,
      [knowledgeId],
    );
  }
}
