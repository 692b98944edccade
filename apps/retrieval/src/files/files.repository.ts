import { Injectable } from '@nestjs/common';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { Database, type Queryable, ReplicaReads, type Tx } from '@perennial/persistence';
import { FILE_COLUMNS, type FileRow } from './file-row';
import type { PlacedText } from './text-pieces';

/** What the registration of a file needs. */
export interface NewFile {
  id: string;
  userId: string;
  name: string;
  contentType: string;
  size: number;
  sha256: string;
  blobKey: string;
  residence: string | null;
  meta: Record<string, unknown>;
  /** A base's id, or the file's own. */
  scope: string;
  /** Of the base. */
  directoryId: string | null;
  queued: boolean;
}

/** New bytes of an existing file. */
export interface NewContent {
  blobKey: string;
  contentType: string;
  size: number;
  sha256: string;
  name?: string;
}

/** Number of the user's waiting files before this one: small numbers go first, so that users take turns. */
const RANK = (user: string): string => `
  (SELECT count(*)::int FROM files w
    WHERE w.user_id = ${user} AND w.state = 'pending' AND w.queued_at IS NOT NULL AND w.deleted_at IS NULL)`;

/** Queues a file again, whatever owner it has: the epoch fences the present worker. */
const REQUEUED = (
  rank: string,
): string => `state = 'pending', owner = NULL, epoch = f.epoch + 1, queued_at = now(), not_before = '-infinity', attempts = 0, deaths = 0, unanswered_since = NULL, slow = false,
  error = NULL, step = NULL, rank = ${rank}, updated_at = now()`;

/**
 * `wanted` and `lines`: each one's rank follows those of the same user that are queued with it; with equal ranks all of them would precede other
 * users' files. Materialized: inlined, they were computed anew for each of 100,000 files.
 */
const IN_LINE = (files: string): string => `wanted AS MATERIALIZED (
    SELECT id, user_id, row_number() OVER (PARTITION BY user_id ORDER BY created_at, id) - 1 AS before FROM (${files}) w),
  lines AS MATERIALIZED (SELECT u.user_id, ${RANK('u.user_id')} AS waiting FROM (SELECT DISTINCT user_id FROM wanted) u)`;
const AT_END = 'lines.waiting + wanted.before';
/** Its text is extracted again. */
const ANEW = 'generation = f.generation + 1, chunk_count = NULL';
/** Files of a base, or all with null (`$1`), that do not wait to be read already. */
const READ_AGAIN = `f.deleted_at IS NULL AND NOT (f.state = 'pending' AND f.queued_at IS NOT NULL AND f.chunk_count IS NULL)
            AND ($1::uuid IS NULL
                 OR EXISTS (SELECT 1 FROM placements p WHERE p.file_id = f.id AND p.scope = $1 AND p.moved_to IS NULL))`;
/** Files of many whose workers and readers are notified at once; sweepers and readers find the others by state. */
const NOTIFIED = 1_000;

/** Statements about files. `access` decides who may do what, on the returned rows. */
@Injectable()
export class FilesRepository {
  constructor(
    private readonly database: Database,
    private readonly replicas: ReplicaReads,
  ) {}

  /** A file that is not deleted. */
  find(fileId: string, db: Queryable = this.database): Promise<FileRow | undefined> {
    return db.first<FileRow>(`SELECT ${FILE_COLUMNS} FROM files f WHERE f.id = $1 AND f.deleted_at IS NULL`, [fileId], {
      name: 'files.find',
    });
  }

  /** Like `find`, and locks the row until the transaction ends. */
  lock(tx: Tx, fileId: string): Promise<FileRow | undefined> {
    return tx.first<FileRow>(
      `SELECT ${FILE_COLUMNS} FROM files f WHERE f.id = $1 AND f.deleted_at IS NULL FOR UPDATE OF f`,
      [fileId],
    );
  }

  /** Locks several rows in the order of their ids, like all transactions that lock several. */
  lockMany(tx: Tx, fileIds: readonly string[]): Promise<FileRow[]> {
    return tx.query<FileRow>(
      `SELECT ${FILE_COLUMNS} FROM files f WHERE f.id = ANY ($1::uuid[]) AND f.deleted_at IS NULL ORDER BY f.id FOR UPDATE OF f`,
      [fileIds],
    );
  }

  /** Whether an index lacks the file because its embedder refuses one of its texts. */
  async isRefused(tx: Tx, fileId: string): Promise<boolean> {
    return (await tx.first('SELECT 1 FROM index_refusals WHERE file_id = $1 LIMIT 1', [fileId])) !== undefined;
  }

  findMany(fileIds: readonly string[], db: Queryable = this.database): Promise<FileRow[]> {
    return db.query<FileRow>(
      `SELECT ${FILE_COLUMNS} FROM files f WHERE f.id = ANY ($1::uuid[]) AND f.deleted_at IS NULL`,
      [fileIds],
      { name: 'files.findMany' },
    );
  }

  /** Whether an id is in use, also by a deleted file. */
  async isKnown(tx: Tx, fileId: string): Promise<boolean> {
    return (await tx.first('SELECT 1 FROM files WHERE id = $1', [fileId])) !== undefined;
  }

  /** The number of the user's files, and of all users' waiting files. */
  async counts(tx: Queryable, userId: string): Promise<{ own: number; waiting: number }> {
    const row = await tx.first<{ own: number; waiting: number }>(
      `SELECT (SELECT count(*)::int FROM files WHERE user_id = $1 AND deleted_at IS NULL) AS own,
              (SELECT count(*)::int FROM files WHERE state = 'pending' AND queued_at IS NOT NULL AND deleted_at IS NULL) AS waiting`,
      [userId],
      { name: 'files.counts' },
    );
    return row ?? { own: 0, waiting: 0 };
  }

  /** Undefined when the id exists already, with any owner or state. */
  async insert(tx: Tx, file: NewFile, traceparent: string | undefined): Promise<FileRow | undefined> {
    const inserted = await tx.execute(
      `INSERT INTO files (id, user_id, name, content_type, size, sha256, blob_key, meta, queued_at, rank, traceparent, residence)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $9 THEN now() END, ${RANK('$2')}, $10, $11) ON CONFLICT (id) DO NOTHING`,
      [
        file.id,
        file.userId,
        file.name,
        file.contentType,
        file.size,
        file.sha256,
        file.blobKey,
        JSON.stringify(file.meta),
        file.queued,
        traceparent ?? null,
        file.residence,
      ],
    );
    if (inserted === 0) return undefined;
    await tx.execute('INSERT INTO placements (file_id, scope, directory_id) VALUES ($1, $2, $3)', [
      file.id,
      file.scope,
      file.directoryId,
    ]);
    return this.find(file.id, tx);
  }

  async list({ userId }: UserPrincipal, page: number, limit: number): Promise<{ rows: FileRow[]; total: number }> {
    return this.replicas.run(async (database) => {
      const [rows, total] = await Promise.all([
        database.query<FileRow>(
          `SELECT ${FILE_COLUMNS} FROM files f WHERE f.user_id = $1 AND f.deleted_at IS NULL
            ORDER BY f.created_at DESC, f.id LIMIT $2 OFFSET $3`,
          [userId, limit, (page - 1) * limit],
        ),
        this.count(userId, database),
      ]);
      return { rows, total };
    });
  }

  /** Names are compared in one normal form (NFC): macOS sends an umlaut as two characters. @param pattern of LIKE */
  search({ userId }: UserPrincipal, pattern: string, skip: number, limit: number): Promise<FileRow[]> {
    return this.replicas.run((database) =>
      database.query<FileRow>(
        `SELECT ${FILE_COLUMNS} FROM files f WHERE f.user_id = $1 AND f.deleted_at IS NULL AND normalize(f.name) ILIKE normalize($2)
          ORDER BY f.created_at DESC, f.id LIMIT $3 OFFSET $4`,
        [userId, pattern, limit, skip],
      ),
    );
  }

  async count(userId: string, database: Queryable = this.database): Promise<number> {
    const row = await database.first<{ count: number }>(
      'SELECT count(*)::int AS count FROM files WHERE user_id = $1 AND deleted_at IS NULL',
      [userId],
      { name: 'files.count' },
    );
    return row?.count ?? 0;
  }

  rename(tx: Tx, fileId: string, name: string): Promise<FileRow | undefined> {
    return tx.first<FileRow>(
      `UPDATE files f SET name = $2, updated_at = now() WHERE f.id = $1 RETURNING ${FILE_COLUMNS}`,
      [fileId, name],
    );
  }

  /** A new generation of a locked file; a worker on the old one is fenced. */
  async replace(tx: Tx, { id, blobKey: old }: FileRow, content: NewContent): Promise<FileRow | undefined> {
    await tx.execute(`INSERT INTO removals (kind, file_id, blob_key) VALUES ('blob', $1, $2)`, [id, old]);
    return tx.first<FileRow>(
      `UPDATE files f SET ${REQUEUED(RANK('f.user_id'))}, generation = f.generation + 1, chunk_count = NULL,
              blob_key = $2, content_type = $3, size = $4, sha256 = $5, name = coalesce($6, f.name)
        WHERE f.id = $1 RETURNING ${FILE_COLUMNS}`,
      [id, content.blobKey, content.contentType, content.size, content.sha256, content.name ?? null],
    );
  }

  /**
   * Queues locked files. `anew`: their text is extracted again as a new generation; otherwise they continue where they stopped.
   */
  requeue(tx: Tx, fileIds: readonly string[], { anew }: { anew: boolean }): Promise<FileRow[]> {
    const again = anew ? `, ${ANEW}` : '';
    return tx.query<FileRow>(
      `WITH ${IN_LINE('SELECT id, user_id, created_at FROM files WHERE id = ANY ($1::uuid[])')}
       UPDATE files f SET ${REQUEUED(AT_END)}${again}
         FROM wanted JOIN lines USING (user_id) WHERE f.id = wanted.id RETURNING ${FILE_COLUMNS}`,
      [fileIds],
    );
  }

  /**
   * Queues all files of a base, or with null all of everybody, as new generations; those that wait to be read are left as they are. They are
   * locked in the order of their ids.
   *
   * @returns how many, and the first of them
   */
  async requeueAll(tx: Tx, baseId: string | null): Promise<{ queued: number; first: FileRow[] }> {
    const counted = await tx.first<{ queued: number; ids: string[] | null }>(
      `WITH locked AS MATERIALIZED (
         SELECT f.id, f.user_id, f.created_at FROM files f
          WHERE ${READ_AGAIN}
          ORDER BY f.id FOR UPDATE OF f),
       ${IN_LINE('SELECT id, user_id, created_at FROM locked')},
       queued AS (
         UPDATE files f SET ${REQUEUED(AT_END)}, ${ANEW}
           FROM wanted JOIN lines USING (user_id) WHERE f.id = wanted.id RETURNING f.id, f.rank)
       SELECT count(*)::int AS queued, (array_agg(id ORDER BY rank))[1:${NOTIFIED}] AS ids FROM queued`,
      [baseId],
    );
    return { queued: counted?.queued ?? 0, first: await this.findMany(counted?.ids ?? [], tx) };
  }

  /** How many `requeueAll` would queue beside those that wait. */
  async countRequeued(tx: Queryable, baseId: string | null): Promise<number> {
    const row = await tx.first<{ count: number }>(
      `SELECT count(*)::int AS count FROM files f WHERE ${READ_AGAIN} AND NOT (f.state = 'pending' AND f.queued_at IS NOT NULL)`,
      [baseId],
    );
    return row?.count ?? 0;
  }

  /** The number of all users' waiting files. */
  async waiting(tx: Queryable): Promise<number> {
    const row = await tx.first<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM files WHERE state = 'pending' AND queued_at IS NOT NULL AND deleted_at IS NULL`,
    );
    return row?.waiting ?? 0;
  }

  /**
   * Marks files as deleted: searches skip them, workers are fenced, and their data is queued for removal. They are locked in the order of
   * their ids, like all transactions that lock several.
   *
   * @param where a condition on `files f`, with `$1`
   */
  async markDeleted(tx: Tx, where: string, param: unknown): Promise<FileRow[]> {
    const rows = await tx.query<FileRow>(
      `WITH locked AS MATERIALIZED (
         SELECT f.id FROM files f WHERE f.deleted_at IS NULL AND ${where} ORDER BY f.id FOR UPDATE OF f)
       UPDATE files f SET deleted_at = now(), state = 'pending', owner = NULL, queued_at = NULL, epoch = f.epoch + 1, updated_at = now()
         FROM locked WHERE f.id = locked.id RETURNING ${FILE_COLUMNS}`,
      [param],
    );
    await tx.execute(`INSERT INTO removals (kind, file_id) SELECT 'file', unnest($1::uuid[])`, [
      rows.map((row) => row.id),
    ]);
    return rows;
  }

  /**
   * Marks all bases of a user, before any of their files is locked; the points in them are queued for removal.
   *
   * @returns how many
   */
  async markBasesDeleted(tx: Tx, userId: string): Promise<number> {
    const rows = await tx.query<{ id: string }>(
      'UPDATE knowledge_bases SET deleted_at = now() WHERE user_id = $1 AND deleted_at IS NULL RETURNING id',
      [userId],
    );
    await tx.execute(`INSERT INTO removals (kind, scope) SELECT 'scope', unnest($1::uuid[])`, [
      rows.map((row) => row.id),
    ]);
    return rows.length;
  }

  /** Chunks of a generation from an ordinal on. */
  chunks(tx: Tx, fileId: string, generation: number, from: number, limit: number): Promise<PlacedText[]> {
    return tx.query<PlacedText>(
      `SELECT ordinal, text, start_offset AS start, end_offset AS "end" FROM chunks
        WHERE file_id = $1 AND generation = $2 AND ordinal >= $3 ORDER BY ordinal LIMIT $4`,
      [fileId, generation, from, limit],
    );
  }
}
