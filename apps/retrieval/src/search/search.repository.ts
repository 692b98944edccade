import { Injectable } from '@nestjs/common';
import type { SearchItem } from '@perennial/contracts-retrieval';
import { Database, type Tx, UnitOfWork } from '@perennial/persistence';
import type { Hit } from '@perennial/vector-store';
import { joinChunks, type PlacedText } from '../files/text-pieces';

/** A file or base of a search. */
export interface SearchResource {
  type: SearchItem['type'];
  id: string;
  userId: string;
  name: string;
  residence: string | null;
}

/** A file's place in an index. */
export interface LivePlace {
  fileId: string;
  scope: string;
  generation: number;
}

/** A live hit with its text. */
export interface LiveChunk {
  /** Its point in the vector store. */
  id: string;
  fileId: string;
  generation: number;
  ordinal: number;
  /** The file's owner. */
  userId: string;
  name: string;
  text: string;
  /** From 1. */
  page: number | null;
  /** What the document itself calls that page, if it is not its number. */
  pageLabel: string | null;
  /** Of a recording: when it begins, in seconds. */
  startSeconds: number | null;
  heading: string | null;
  start: number;
  /** SHA-256 of the text, in hex. */
  hash: string;
}

/** The live ones among some hits, from one snapshot of the database. */
export interface LiveCheck {
  /** The active index at that moment; undefined before the first. */
  activeIndex: string | undefined;
  chunks: LiveChunk[];
}

/** The chunk before or after another one in its section. */
export interface NeighbourText extends PlacedText {
  /** Whose neighbour: its place in the list. */
  n: number;
}

/** A whole text. */
export interface WholeText {
  fileId: string;
  userId: string;
  name: string;
  text: string;
}

/**
 * A file is found in a scope if it is not deleted, is placed there, and all points of its live generation are in the index. Other points in
 * the vector store (of a deleted file, an older generation, an incomplete one) are never returned. One that moves from another base is found there
 * until the move has ended. `$1` is the index; `p` the placement, `f`
 * the file.
 */
const FINDABLE = `
  placements p
  JOIN files f ON f.id = p.file_id AND f.deleted_at IS NULL
  JOIN indexed i ON i.index_id = $1 AND i.file_id = p.file_id AND i.scope = p.scope AND i.generation = f.live_generation
   AND NOT EXISTS (SELECT 1 FROM placements m WHERE m.file_id = p.file_id AND m.moved_to = p.scope)`;
const SCOPE_IS_THERE = `(p.scope = p.file_id OR EXISTS (SELECT 1 FROM knowledge_bases b WHERE b.id = p.scope AND b.deleted_at IS NULL))`;

@Injectable()
export class SearchRepository {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** The existing ones of any owner: the caller checks `access` for each. */
  resources(fileIds: readonly string[], baseIds: readonly string[]): Promise<SearchResource[]> {
    return this.database.query<SearchResource>(
      `SELECT 'file' AS type, id, user_id AS "userId", name, residence FROM files WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL
       UNION ALL
       SELECT 'collection', id, user_id, name, residence FROM knowledge_bases WHERE id = ANY ($2::uuid[]) AND deleted_at IS NULL`,
      [fileIds, baseIds],
      { name: 'search.resources' },
    );
  }

  /** Whether any file of these, or in these bases, is findable. */
  async isAnyFindable(indexId: string, fileIds: readonly string[], baseIds: readonly string[]): Promise<boolean> {
    const row = await this.database.first(
      `SELECT 1 FROM ${FINDABLE} WHERE (p.file_id = ANY ($2::uuid[]) OR p.scope = ANY ($3::uuid[])) AND ${SCOPE_IS_THERE} LIMIT 1`,
      [indexId, fileIds, baseIds],
      { name: 'search.is-any-findable' },
    );
    return row !== undefined;
  }

  /** One placement of each file with points, and its live generation; a file that is in no index yet is missing. */
  placesOfFiles(indexId: string, fileIds: readonly string[]): Promise<LivePlace[]> {
    return this.database.query<LivePlace>(
      `SELECT DISTINCT ON (p.file_id) p.file_id AS "fileId", p.scope, f.live_generation AS generation
         FROM ${FINDABLE} WHERE p.file_id = ANY ($2::uuid[]) AND ${SCOPE_IS_THERE} ORDER BY p.file_id, p.scope`,
      [indexId, fileIds],
      { name: 'search.places-of-files' },
    );
  }

  /** The findable files of a scope, at most `limit`. */
  placesInScope(indexId: string, scope: string, limit: number): Promise<LivePlace[]> {
    return this.database.query<LivePlace>(
      `SELECT p.file_id AS "fileId", p.scope, f.live_generation AS generation
         FROM ${FINDABLE} WHERE p.scope = $2 AND ${SCOPE_IS_THERE} ORDER BY p.file_id LIMIT $3`,
      [indexId, scope, limit],
    );
  }

  /** The chunks before and after these on the same page and under the same headings, in the order of the document. */
  neighbours(chunks: readonly Pick<LiveChunk, 'fileId' | 'generation' | 'ordinal'>[]): Promise<NeighbourText[]> {
    return this.database.query<NeighbourText>(
      `SELECT (h.n - 1)::int AS n, c.ordinal, c.text, c.start_offset AS start, c.end_offset AS "end"
         FROM unnest($1::uuid[], $2::int[], $3::int[]) WITH ORDINALITY h (file_id, generation, ordinal, n)
         JOIN chunks hit ON hit.file_id = h.file_id AND hit.generation = h.generation AND hit.ordinal = h.ordinal
         JOIN chunks c ON c.file_id = h.file_id AND c.generation = h.generation AND c.ordinal IN (h.ordinal - 1, h.ordinal + 1)
          AND c.heading IS NOT DISTINCT FROM hit.heading AND c.page IS NOT DISTINCT FROM hit.page
        ORDER BY h.n, c.ordinal`,
      [
        chunks.map(({ fileId }) => fileId),
        chunks.map(({ generation }) => generation),
        chunks.map(({ ordinal }) => ordinal),
      ],
      { name: 'search.neighbours' },
    );
  }

  /**
   * The live ones among the hits, with their texts, in the order of the hits; and whether their index is still active.
   */
  async live(indexId: string, hits: readonly Hit[]): Promise<LiveCheck> {
    const rows = await this.database.query<{ activeIndex: string; chunk: LiveChunk | null }>(
      `WITH active AS (SELECT id FROM indexes WHERE state = 'active')
       SELECT active.id AS "activeIndex", found.chunk
         FROM active LEFT JOIN LATERAL (
           SELECT h.n, jsonb_build_object('id', h.id, 'fileId', f.id, 'generation', c.generation, 'ordinal', c.ordinal, 'userId', f.user_id, 'name', f.name, 'text', c.text,
                    'page', c.page, 'pageLabel', c.page_label, 'startSeconds', c.start_seconds, 'heading', c.heading, 'start', c.start_offset, 'hash', c.hash) AS chunk
             FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[])
                    WITH ORDINALITY h (id, file_id, scope, generation, ordinal, n)
             JOIN (${FINDABLE}) ON p.file_id = h.file_id AND p.scope = h.scope AND f.live_generation = h.generation AND ${SCOPE_IS_THERE}
             JOIN chunks c ON c.file_id = h.file_id AND c.generation = h.generation AND c.ordinal = h.ordinal
         ) found ON true
        ORDER BY found.n`,
      [
        indexId,
        hits.map((hit) => hit.id),
        hits.map((hit) => hit.fileId),
        hits.map((hit) => hit.scope),
        hits.map((hit) => hit.generation),
        hits.map((hit) => hit.ordinal),
      ],
      { name: 'search.live' },
    );
    return {
      activeIndex: rows[0]?.activeIndex,
      chunks: rows.flatMap(({ chunk }) => (chunk === null ? [] : [chunk])),
    };
  }

  /** The files of a base with text, in the order of placement. */
  async filesOfBase(baseId: string, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT f.id FROM placements p JOIN files f ON f.id = p.file_id AND f.deleted_at IS NULL AND f.live_generation IS NOT NULL
        WHERE p.scope = $1 AND p.moved_to IS NULL ORDER BY p.created_at, f.id LIMIT $2`,
      [baseId, limit],
    );
    return rows.map((row) => row.id);
  }

  /**
   * The text of a file, up to `maxLength` UTF-16 units. Undefined: it has none (yet). Read in pages, so that only the needed part of a book
   * is read.
   */
  wholeText(fileId: string, maxLength: number): Promise<(WholeText & { truncated: boolean }) | undefined> {
    // One snapshot: the chunks of a generation are removed soon after another one is live, and half a text must not pass for the whole.
    return this.unitOfWork.run((tx) => this.readWholeText(tx, fileId, maxLength), { isolation: 'REPEATABLE READ' });
  }

  private async readWholeText(tx: Tx, fileId: string, maxLength: number) {
    const file = await tx.first<Omit<WholeText, 'text'> & { generation: number }>(
      `SELECT id AS "fileId", user_id AS "userId", name, live_generation AS generation FROM files
        WHERE id = $1 AND deleted_at IS NULL AND live_generation IS NOT NULL`,
      [fileId],
    );
    if (!file) return undefined;
    const { generation, ...about } = file;
    let text = '';
    let end = 0;
    for (let from = 0; text.length <= maxLength;) {
      const chunks = await tx.query<PlacedText>(
        `SELECT ordinal, text, start_offset AS start, end_offset AS "end" FROM chunks
          WHERE file_id = $1 AND generation = $2 AND ordinal >= $3 ORDER BY ordinal LIMIT 200`,
        [fileId, generation, from],
      );
      const last = chunks.at(-1);
      if (!last) break;
      text += joinChunks(chunks, end);
      end = last.end;
      from = last.ordinal + 1;
    }
    if (text.length === 0) return undefined;
    return { ...about, text: text.slice(0, maxLength), truncated: text.length > maxLength };
  }
}
