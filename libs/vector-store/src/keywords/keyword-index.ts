import type { CheckedFilter, StoredPoint, WordHit } from '../driver';
import { VectorDatabase } from '../postgres/database';
import { keywordPart, matchedWords, wordsText } from '../postgres/keyword-sql';
import { readPage } from '../postgres/page';
import { CollectionStatistics } from '../postgres/statistics';
import { Tables } from '../postgres/tables';
import { REF_COLUMNS, refOf, toWhere, Values } from '../postgres/values';
import type { PointRef } from '../types';

export interface KeywordIndexConfig {
  url: string;
  poolSize: number;
  /** The store whose points these are the words of: several may share a database. */
  system: string;
  /** How long a read, a write, and a change of the schema may take, in milliseconds. */
  readTimeoutMs: number;
  writeTimeoutMs: number;
  adminTimeoutMs: number;
}

const SCHEMA = 'keyword_index';

/** The words of points in Postgres, for a store that cannot search by words: a table with a GIN index for each collection. */
export class KeywordIndex {
  private readonly database: VectorDatabase;
  private readonly tables: Tables;
  private readonly statistics: CollectionStatistics;

  constructor(private readonly config: KeywordIndexConfig) {
    this.database = new VectorDatabase(config);
    this.tables = new Tables(SCHEMA, `${config.system}_`);
    this.statistics = new CollectionStatistics(this.database, this.tables, config.readTimeoutMs);
  }

  /** Creates the table; idempotent, also for concurrent callers. */
  async ensure(collection: string): Promise<void> {
    const table = this.tables.name(collection);
    const index = this.tables.bare(collection);
    const options = { timeoutMs: this.config.adminTimeoutMs, collection };
    await this.database.transaction(options, async (query) => {
      // "IF NOT EXISTS" alone fails if two processes create the same thing at once.
      await query(`SELECT pg_advisory_xact_lock(hashtext('${SCHEMA}'))`);
      const [row] = await query(`SELECT to_regclass($1)::oid AS found`, [table]);
      if (row?.['found']) return;
      await query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
      await query(
        `CREATE TABLE ${table} (
           id uuid PRIMARY KEY,
           scope text NOT NULL,
           file text NOT NULL,
           generation int NOT NULL,
           ordinal int NOT NULL,
           words tsvector NOT NULL
         )`,
      );
      await query(`CREATE INDEX "${index}_scope" ON ${table} (scope, file, generation)`);
      await query(`CREATE INDEX "${index}_file" ON ${table} (file, generation)`);
      await query(`CREATE INDEX "${index}_words" ON ${table} USING gin (words)`);
    });
  }

  async drop(collection: string): Promise<void> {
    await this.database.run(`DROP TABLE IF EXISTS ${this.tables.name(collection)}`, [], {
      timeoutMs: this.config.adminTimeoutMs,
    });
  }

  /** The collections that have a table. */
  async list(): Promise<Set<string>> {
    const rows = await this.database.run(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relkind = 'r'`,
      [SCHEMA],
      { timeoutMs: this.config.readTimeoutMs },
    );
    const names = rows.map(({ name }) => this.tables.collection(String(name)));
    return new Set(names.filter((name) => name !== undefined));
  }

  /** All of them or none. */
  async write(collection: string, points: readonly StoredPoint[]): Promise<void> {
    // One order for all writers: two that share points wait for each other instead of deadlocking.
    const sorted = [...points].sort((a, b) => (a.id < b.id ? -1 : 1));
    await this.database.run(
      `INSERT INTO ${this.tables.name(collection)} AS p (id, scope, file, generation, ordinal, words)
       SELECT id, scope, file, generation, ordinal, words::tsvector
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::text[])
           AS new (id, scope, file, generation, ordinal, words)
       ON CONFLICT (id) DO UPDATE
       SET scope = excluded.scope, file = excluded.file, generation = excluded.generation,
           ordinal = excluded.ordinal, words = excluded.words
       -- A repeated write leaves no dead row in the indexes.
       WHERE (p.scope, p.file, p.generation, p.ordinal, p.words) IS DISTINCT FROM
             (excluded.scope, excluded.file, excluded.generation, excluded.ordinal, excluded.words)`,
      [
        sorted.map(({ id }) => id),
        sorted.map(({ scope }) => scope),
        sorted.map(({ fileId }) => fileId),
        sorted.map(({ generation }) => generation),
        sorted.map(({ ordinal }) => ordinal),
        sorted.map(({ words }) => wordsText(words)),
      ],
      { timeoutMs: this.config.writeTimeoutMs, collection },
    );
  }

  async delete(collection: string, filter: CheckedFilter): Promise<void> {
    const values = new Values();
    const where = toWhere(filter, values);
    await this.database.run(`DELETE FROM ${this.tables.name(collection)} WHERE ${where}`, values.list, {
      timeoutMs: this.config.writeTimeoutMs,
      collection,
    });
  }

  /** The best points by their words, the best first. */
  async search(
    collection: string,
    { words, filter, limit }: { words: readonly string[]; filter: CheckedFilter; limit: number },
  ): Promise<Omit<WordHit, 'similarity'>[]> {
    const weighed = await this.statistics.weigh(collection, words);
    const values = new Values();
    const table = this.tables.name(collection);
    const part = keywordPart({ table, where: toWhere(filter, values), limit }, weighed, values);
    const rows = await this.database.run(
      `WITH ${part} SELECT ${REF_COLUMNS}, score, matched FROM keyword JOIN ${table} USING (id) ORDER BY score DESC, id`,
      values.list,
      { timeoutMs: this.config.readTimeoutMs, collection, settings: { jit: 'off' } },
    );
    return rows.map((row) => ({ ...refOf(row), score: Number(row['score']), matched: matchedWords(row, weighed) }));
  }

  /** The points with an id above `after`, in the order of ids. */
  page(collection: string, filter: CheckedFilter, after: string | undefined, limit: number): Promise<PointRef[]> {
    const timeoutMs = this.config.readTimeoutMs;
    return readPage(this.database, this.tables, { collection, filter, after, limit, timeoutMs });
  }

  async health(): Promise<void> {
    await this.database.run('SELECT 1', [], { timeoutMs: this.config.readTimeoutMs });
  }

  async close(): Promise<void> {
    await this.database.close();
  }
}
