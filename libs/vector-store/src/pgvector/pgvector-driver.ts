import type { CheckedFilter, Driver, DriverQuery, DriverWordQuery, StoredPoint, WordHit } from '../driver';
import { VectorStoreError } from '../errors';
import { type Row, VectorDatabase } from '../postgres/database';
import { matchedWords, wordsText } from '../postgres/keyword-sql';
import { readPage } from '../postgres/page';
import { CollectionStatistics } from '../postgres/statistics';
import { refOf, toWhere, Values } from '../postgres/values';
import type { CollectionInfo, Hit, PointRef } from '../types';
import { creation, type IndexOptions, SCHEMA, tables } from './schema';
import { type DenseParts, denseStatement, exactUpTo, wordsStatement } from './search-sql';

export interface PgvectorConfig extends IndexOptions {
  url: string;
  poolSize: number;
  /** How long a read, a write, and a change of the schema may take, in milliseconds. */
  readTimeoutMs: number;
  writeTimeoutMs: number;
  adminTimeoutMs: number;
}

/** Needed for iterative scans: without them a filtered search would return too few hits. */
const MINIMUM_VERSION = [0, 8] as const;

/** Postgres with pgvector: HNSW for the dense half, a tsvector for words. */
export class PgvectorDriver implements Driver {
  private readonly database: VectorDatabase;
  private readonly statistics: CollectionStatistics;

  constructor(private readonly config: PgvectorConfig) {
    this.database = new VectorDatabase(config);
    this.statistics = new CollectionStatistics(this.database, tables, config.readTimeoutMs);
  }

  async ensure(name: string, dimension: number): Promise<void> {
    const options = { timeoutMs: this.config.adminTimeoutMs, collection: name };
    await this.database.transaction(options, async (query) => {
      // "IF NOT EXISTS" alone fails if two processes create the same thing at once.
      await query(`SELECT pg_advisory_xact_lock(hashtext('${SCHEMA}'))`);
      await query('CREATE EXTENSION IF NOT EXISTS vector');
      await checkVersion(query);
      await query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
      const [row] = await query(`SELECT to_regclass($1)::oid AS found`, [tables.name(name)]);
      if (row?.['found']) return;
      for (const statement of creation(name, dimension, this.config)) await query(statement);
    });
  }

  async drop(name: string): Promise<void> {
    await this.database.run(`DROP TABLE IF EXISTS ${tables.name(name)}`, [], {
      timeoutMs: this.config.adminTimeoutMs,
    });
  }

  async list(): Promise<CollectionInfo[]> {
    return this.infos('');
  }

  async describe(name: string): Promise<CollectionInfo | undefined> {
    return (await this.infos('AND c.relname = $2', name))[0];
  }

  private async infos(condition: string, ...values: unknown[]): Promise<CollectionInfo[]> {
    const rows = await this.database.run(
      `SELECT c.relname AS name, a.atttypmod AS dimension
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'vector'
       WHERE n.nspname = $1 AND c.relkind = 'r' ${condition} ORDER BY c.relname`,
      [SCHEMA, ...values],
      { timeoutMs: this.config.readTimeoutMs },
    );
    return rows.map(({ name, dimension }) => ({ name: String(name), dimension: Number(dimension) }));
  }

  async write(collection: string, points: readonly StoredPoint[]): Promise<void> {
    // One order for all writers: two that share points wait for each other instead of deadlocking.
    const sorted = [...points].sort((a, b) => (a.id < b.id ? -1 : 1));
    const table = tables.name(collection);
    await this.database.run(
      `INSERT INTO ${table} AS p (id, scope, file, generation, ordinal, vector, words)
       SELECT id, scope, file, generation, ordinal, vector::vector, words::tsvector
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::text[], $7::text[])
         AS new (id, scope, file, generation, ordinal, vector, words)
       ON CONFLICT (id) DO UPDATE
       SET scope = excluded.scope, file = excluded.file, generation = excluded.generation,
           ordinal = excluded.ordinal, vector = excluded.vector, words = excluded.words
       -- A repeated write leaves no dead row in the indexes.
       WHERE (p.scope, p.file, p.generation, p.ordinal, p.words) IS DISTINCT FROM
             (excluded.scope, excluded.file, excluded.generation, excluded.ordinal, excluded.words)
          OR p.vector <> excluded.vector`,
      [
        sorted.map(({ id }) => id),
        sorted.map(({ scope }) => scope),
        sorted.map(({ fileId }) => fileId),
        sorted.map(({ generation }) => generation),
        sorted.map(({ ordinal }) => ordinal),
        sorted.map(({ vector }) => vectorText(vector)),
        sorted.map(({ words }) => wordsText(words)),
      ],
      { timeoutMs: this.config.writeTimeoutMs, collection },
    );
  }

  async delete(collection: string, filter: CheckedFilter): Promise<void> {
    const values = new Values();
    await this.database.run(`DELETE FROM ${tables.name(collection)} WHERE ${toWhere(filter, values)}`, values.list, {
      timeoutMs: this.config.writeTimeoutMs,
      collection,
    });
  }

  async search(collection: string, query: DriverQuery): Promise<Hit[]> {
    const values = new Values();
    const parts = await this.parts(collection, query, Math.max(60, query.limit * 3), values);
    const rows = await this.queryRows(collection, denseStatement(parts, query.limit), values, parts.limit);
    return rows.map((row) => {
      const similarity = Number(row['similarity']);
      return { ...refOf(row), similarity, score: similarity };
    });
  }

  async searchWords(collection: string, { vector, filter, limit, words }: DriverWordQuery): Promise<WordHit[]> {
    const weighed = await this.statistics.weigh(collection, words);
    const values = new Values();
    const parts = { collection, vector: values.add(vectorText(vector)), where: toWhere(filter, values), limit };
    const rows = await this.database.run(wordsStatement(parts, weighed, values), values.list, {
      timeoutMs: this.config.readTimeoutMs,
      collection,
      settings: { jit: 'off' },
    });
    return rows.map((row) => ({
      ...refOf(row),
      similarity: Number(row['similarity']),
      score: Number(row['score']),
      matched: matchedWords(row, weighed),
    }));
  }

  private async parts(collection: string, query: DriverQuery, limit: number, values: Values): Promise<DenseParts> {
    return {
      collection,
      dimension: query.vector.length,
      vector: values.add(vectorText(query.vector)),
      where: toWhere(query.filter, values),
      limit,
      exactUpTo: exactUpTo(await this.statistics.total(collection)),
    };
  }

  private queryRows(collection: string, statement: string, values: Values, candidates: number): Promise<Row[]> {
    return this.database.run(statement, values.list, {
      timeoutMs: this.config.readTimeoutMs,
      collection,
      settings: {
        'hnsw.iterative_scan': 'relaxed_order',
        'hnsw.ef_search': Math.min(1_000, Math.max(200, candidates)),
        'hnsw.max_scan_tuples': 40_000,
        jit: 'off',
      },
    });
  }

  async count(collection: string, filter: CheckedFilter): Promise<number> {
    const values = new Values();
    const [row] = await this.database.run(
      `SELECT count(*)::int AS points FROM ${tables.name(collection)} WHERE ${toWhere(filter, values)}`,
      values.list,
      { timeoutMs: this.config.readTimeoutMs, collection },
    );
    return Number(row?.['points']);
  }

  page(collection: string, filter: CheckedFilter, after: string | undefined, limit: number): Promise<PointRef[]> {
    const timeoutMs = this.config.readTimeoutMs;
    return readPage(this.database, tables, { collection, filter, after, limit, timeoutMs });
  }

  async vectors(collection: string, ids: readonly string[]): Promise<Map<string, Float32Array>> {
    const rows = await this.database.run(
      `SELECT id, vector::text AS vector FROM ${tables.name(collection)} WHERE id = ANY ($1::uuid[])`,
      [ids],
      { timeoutMs: this.config.readTimeoutMs, collection },
    );
    return new Map(
      rows.map(({ id, vector }) => [String(id), Float32Array.from(JSON.parse(String(vector)) as number[])]),
    );
  }

  async health(): Promise<void> {
    await this.database.run('SELECT 1', [], { timeoutMs: this.config.readTimeoutMs });
  }

  async close(): Promise<void> {
    await this.database.close();
  }
}

async function checkVersion(query: (text: string) => Promise<Row[]>): Promise<void> {
  const [row] = await query(`SELECT extversion AS version FROM pg_extension WHERE extname = 'vector'`);
  const [major = 0, minor = 0] = String(row?.['version']).split('.').map(Number);
  const [wantedMajor, wantedMinor] = MINIMUM_VERSION;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new VectorStoreError(
    'FAILED',
    `pgvector ${wantedMajor}.${wantedMinor} or newer is needed, the database has ${String(row?.['version'])}`,
  );
}

/** A float has eight digits at this size. */
const vectorText = (vector: Float32Array): string =>
  `[${Array.from(vector, (value) => Math.round(value * 1e8) / 1e8).join(',')}]`;
