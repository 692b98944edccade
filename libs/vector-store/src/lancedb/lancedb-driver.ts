import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type Connection, MatchQuery, Session, type Table } from '@lancedb/lancedb';
import { retry } from '@perennial/runtime';
import type { CheckedFilter, Driver, DriverQuery, DriverWordQuery, StoredPoint, WordHit } from '../driver';
import { VectorStoreError } from '../errors';
import { dotProduct } from '../fusion';
import { unknownCollection } from '../store';
import type { CollectionInfo, Hit, PointRef } from '../types';
import { isConflict, lanceError } from './errors';
import { beforeSearched, isDue, optimise } from './maintenance';
import {
  arrowTable,
  dimensionOf,
  ensureIndexes,
  type LanceRow,
  REF_COLUMNS,
  refOf,
  toCondition,
  toSchema,
} from './table';
import { WriteQueue } from './write-queue';

export interface LancedbConfig {
  /** On a local disk; processes of this host only. */
  directory: string;
}

interface OpenTable {
  table: Table;
  dimension: number;
  /** Identifies the directory, also if it is recreated under the same name. */
  identity: string;
}

/** Conflicts with other processes' writes after which a write gives up. */
const MAX_CONFLICTS = 12;
/** Points in the filter up to which a search compares all of them. */
const EXACT_UP_TO = 20_000;
/** LanceDB's cache; by default it would use up to 7 GB. */
const INDEX_CACHE_BYTES = 256n * 1024n * 1024n;
const METADATA_CACHE_BYTES = 64n * 1024n * 1024n;
/** Upkeep after this many writes and deletions of any size: each leaves a version behind. */
const MANY_CHANGES = 200;
/** Partitions of the vector index that a search examines. */
const PROBES = 40;

/**
 * The embedded store: files in a directory, opened by every process of this host at once. A write is a new version of the table, published by
 * one rename; every read looks for the newest version first.
 */
export class LancedbDriver implements Driver {
  private readonly writes = new WriteQueue();
  private readonly tables = new Map<string, Promise<OpenTable>>();
  /** Changes by this process since the last upkeep. */
  private readonly changes = new Map<string, number>();
  /** The directory in which the present connection last saw each table. */
  private readonly seen = new Map<string, string>();
  private connection?: Promise<Connection>;

  constructor(private readonly config: LancedbConfig) {}

  async ensure(name: string, dimension: number): Promise<void> {
    await this.attempt(async () => {
      const identity = await this.identity(name);
      this.forgetFormer(name, identity);
      const connection = await this.connect();
      // An existing table stays as it is, with any dimension; a crash may have left it without indexes.
      const table =
        identity === undefined
          ? await connection.createEmptyTable(name, toSchema(dimension))
          : await connection.openTable(name);
      try {
        await ensureIndexes(table);
        const made = await this.identity(name);
        if (made !== undefined) this.seen.set(name, made);
      } finally {
        table.close();
      }
    });
  }

  async drop(name: string): Promise<void> {
    await this.attempt(async () => {
      const connection = await this.connect();
      this.forget(name);
      if ((await connection.tableNames()).includes(name)) await connection.dropTable(name);
    });
  }

  async list(): Promise<CollectionInfo[]> {
    const names = await this.attempt(async () => (await this.connect()).tableNames());
    const infos = await Promise.all(names.map((name) => this.describe(name)));
    return infos.filter((info) => info !== undefined);
  }

  async describe(name: string): Promise<CollectionInfo | undefined> {
    try {
      return await this.inTable(name, async ({ dimension }) => ({ name, dimension }));
    } catch (error) {
      if (error instanceof VectorStoreError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  async write(collection: string, points: readonly StoredPoint[]): Promise<void> {
    await this.change(collection, async ({ table, dimension }) => {
      if (points.some(({ vector }) => vector.length !== dimension)) {
        throw new VectorStoreError('WRONG_DIMENSION', `the collection ${collection} has ${dimension} dimensions`);
      }
      await table
        .mergeInsert('id')
        .whenMatchedUpdateAll()
        .whenNotMatchedInsertAll()
        .execute(arrowTable(points, dimension));
      await beforeSearched(table);
    });
  }

  async delete(collection: string, filter: CheckedFilter): Promise<void> {
    const condition = toCondition(filter) ?? 'true';
    await this.change(collection, ({ table }) => table.delete(condition));
  }

  search(collection: string, query: DriverQuery): Promise<Hit[]> {
    return this.inTable(collection, ({ table }) => dense(table, query));
  }

  searchWords(collection: string, query: DriverWordQuery): Promise<WordHit[]> {
    return this.inTable(collection, ({ table }) => keyword(table, query));
  }

  count(collection: string, filter: CheckedFilter): Promise<number> {
    return this.inTable(collection, ({ table }) => table.countRows(toCondition(filter)));
  }

  page(collection: string, filter: CheckedFilter, after: string | undefined, limit: number): Promise<PointRef[]> {
    return this.inTable(collection, async ({ table }) => {
      const conditions = [toCondition(filter), after === undefined ? undefined : `id > '${after}'`];
      const where = conditions.filter((condition) => condition !== undefined).join(' AND ');
      const query = table.query().select(REF_COLUMNS).orderBy({ columnName: 'id', ascending: true }).limit(limit);
      return (await rows(where === '' ? query : query.where(where))).map(refOf);
    });
  }

  vectors(collection: string, ids: readonly string[]): Promise<Map<string, Float32Array>> {
    return this.inTable(collection, async ({ table }) => {
      const query = table
        .query()
        .where(`id IN ('${ids.join("', '")}')`)
        .select(['id', 'vector'])
        .limit(ids.length);
      const found = await rows(query);
      return new Map(found.map((row) => [String(row['id']), Float32Array.from(row['vector'] as Iterable<number>)]));
    });
  }

  async health(): Promise<void> {
    await this.attempt(async () => (await this.connect()).tableNames({ limit: 1 }));
  }

  async close(): Promise<void> {
    await this.writes.close();
    for (const name of [...this.tables.keys()]) this.forget(name);
    (await this.connection?.catch(() => undefined))?.close();
    this.connection = undefined;
  }

  /** A write, after this process's earlier ones, and the upkeep that it makes necessary. */
  private async change(collection: string, work: (open: OpenTable) => Promise<unknown>): Promise<void> {
    await this.writes.run(collection, () => this.inTable(collection, work));
    this.changes.set(collection, (this.changes.get(collection) ?? 0) + 1);
    this.writes.whenDue(collection, () => this.inTable(collection, ({ table }) => this.upkeep(collection, table), 1));
  }

  private async upkeep(collection: string, table: Table): Promise<void> {
    if ((this.changes.get(collection) ?? 0) < MANY_CHANGES && !(await isDue(table))) return;
    await optimise(table);
    this.changes.delete(collection);
  }

  /** Retries a write that lost against another process; reopens the table if it was replaced. */
  private async inTable<T>(
    collection: string,
    work: (open: OpenTable) => Promise<T>,
    conflicts = MAX_CONFLICTS,
  ): Promise<T> {
    return this.attempt(async () => {
      const open = await this.open(collection);
      try {
        return await work(open);
      } catch (error) {
        if (!(error instanceof VectorStoreError)) {
          this.forget(collection);
          if ((await this.identity(collection)) === undefined) throw unknownCollection(collection, error);
        }
        throw error;
      }
    }, conflicts);
  }

  private async attempt<T>(work: () => Promise<T>, conflicts = MAX_CONFLICTS): Promise<T> {
    try {
      return await retry(work, {
        pauseMs: (error, attempt) => {
          const attempts = error instanceof VectorStoreError ? 1 : isConflict(error) ? conflicts : 2;
          return attempt < attempts ? Math.random() * 25 * attempt : undefined;
        },
      });
    } catch (error) {
      throw error instanceof VectorStoreError ? error : lanceError(error);
    }
  }

  private async open(collection: string): Promise<OpenTable> {
    const identity = await this.identity(collection);
    if (identity === undefined) {
      this.forget(collection);
      throw unknownCollection(collection);
    }
    const known = this.tables.get(collection);
    if (known) {
      const open = await known;
      if (open.identity === identity) return open;
      this.forget(collection);
    }
    const opening = this.openNow(collection, identity);
    this.tables.set(collection, opening);
    opening.catch(() => this.forget(collection));
    return opening;
  }

  private async openNow(collection: string, identity: string): Promise<OpenTable> {
    this.forgetFormer(collection, identity);
    this.seen.set(collection, identity);
    const table = await (await this.connect()).openTable(collection);
    return { table, dimension: await dimensionOf(table), identity };
  }

  /**
   * A connection caches the indexes of a table by name and version: after a table was lost and recreated it would return the former one's
   * data. Open tables keep their connection.
   */
  private forgetFormer(collection: string, identity: string | undefined): void {
    const seen = this.seen.get(collection);
    if (seen === undefined || seen === identity) return;
    this.seen.clear();
    this.connection = undefined;
  }

  /** The handle is left to the garbage collector: another call may be using it. */
  private forget(collection: string): void {
    this.tables.delete(collection);
  }

  private async identity(collection: string): Promise<string | undefined> {
    try {
      const { ino, birthtimeNs } = await stat(join(this.config.directory, `${collection}.lance`), { bigint: true });
      return `${ino} ${birthtimeNs}`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  private connect(): Promise<Connection> {
    this.connection ??= this.connectNow().catch((error: unknown) => {
      this.connection = undefined;
      throw error;
    });
    return this.connection;
  }

  private async connectNow(): Promise<Connection> {
    await mkdir(this.config.directory, { recursive: true, mode: 0o700 });
    // Every read checks for a version that another process may have written.
    const session = new Session(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES);
    return connect(this.config.directory, { readConsistencyInterval: 0 }, session);
  }
}

async function dense(table: Table, { vector, filter, limit }: DriverQuery): Promise<Hit[]> {
  const where = toCondition(filter) ?? 'true';
  const query = table
    .query()
    .nearestTo(vector)
    .column('vector')
    .distanceType('dot')
    .where(where)
    .select([...REF_COLUMNS, '_distance'])
    .limit(limit);
  const exact = (await table.countRows(where)) <= EXACT_UP_TO;
  const found = await rows(exact ? query.bypassVectorIndex() : query.nprobes(PROBES));
  return found.map((row) => {
    const similarity = 1 - Number(row['_distance']);
    return { ...refOf(row), similarity, score: similarity };
  });
}

async function keyword(table: Table, { vector, filter, limit, words }: DriverWordQuery): Promise<WordHit[]> {
  const found = await rows(
    table
      .query()
      .fullTextSearch(new MatchQuery(words.join(' '), 'words'))
      .where(toCondition(filter) ?? 'true')
      .select([...REF_COLUMNS, 'vector', 'words', '_score'])
      .limit(limit),
  );
  return found
    .sort((a, b) => Number(b['_score']) - Number(a['_score']))
    .map((row) => {
      const known = new Set(String(row['words']).split(' '));
      return {
        ...refOf(row),
        similarity: dotProduct(vector, row['vector'] as Iterable<number>),
        score: Number(row['_score']),
        matched: words.filter((word) => known.has(word)),
      };
    });
}

async function rows(query: { toArray(): Promise<unknown[]> }): Promise<LanceRow[]> {
  return (await query.toArray()) as LanceRow[];
}
