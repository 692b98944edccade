import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckedFilter, Driver, DriverQuery, DriverWordQuery, StoredPoint, WordHit } from '../driver';
import { StoreUnavailableError } from '../errors';
import type { CollectionInfo, Hit, PointRef } from '../types';
import { OpenSearchClient, type OpenSearchConnection, type OpenSearchRequest } from './client';
import { isDuplicate, isNotFound, openSearchError, OpenSearchRefusal } from './errors';
import {
  bulkLines,
  filterQuery,
  type FoundDocument,
  hitOf,
  indexDefinition,
  REFERENCES,
  refOf,
  SEARCH_EF,
  wordHitOf,
  wordsQuery,
} from './queries';

export interface OpenSearchConfig extends OpenSearchConnection {
  /** Start of the names of our indexes on the server. */
  prefix: string;
  /** Links per node of the graph. */
  hnswM: number;
  /** Of new indexes: shards, and further copies of each. Undefined: the server decides. */
  shards?: number;
  replicas?: number;
  /** How long a read, a write, and a change of the schema may take, in milliseconds. */
  readTimeoutMs: number;
  writeTimeoutMs: number;
  adminTimeoutMs: number;
}

/** Of one bulk request: servers of a cloud refuse more than 10 MB. */
const MAX_BULK_CHARS = 6_000_000;
/** Passes of a deletion that meets points which others write meanwhile. */
const DELETE_PASSES = 5;
const START_POLL_MS = 50;
const DIMENSIONS = { filter_path: '*.mappings.properties.vector.dimension' };

type Mappings = Readonly<Record<string, { mappings: { properties: { vector: { dimension: number } } } }>>;

interface Found<T> {
  hits: { total?: { value: number }; hits: T[] };
}

interface BulkAnswer {
  errors: boolean;
  items: { index: { status: number; error?: unknown } }[];
}

interface DeleteAnswer {
  version_conflicts: number;
  failures: { status?: number; cause?: unknown }[];
}

/**
 * One index for all tenants, filtered by scope within the graph. Words are a text field that the server weighs by BM25. A write is refreshed
 * before it is confirmed, so that every search finds it.
 */
export class OpenSearchDriver implements Driver {
  private readonly client: OpenSearchClient;

  constructor(private readonly config: OpenSearchConfig) {
    this.client = new OpenSearchClient(config);
  }

  async ensure(name: string, dimension: number): Promise<void> {
    const { adminTimeoutMs: timeoutMs, hnswM, shards, replicas } = this.config;
    const path = `/${this.index(name)}`;
    if (await this.describe(name)) {
      // One that was restored without its aliases.
      await this.send(undefined, { method: 'PUT', path: `${path}/_alias/${this.writeAlias(name)}`, timeoutMs });
    } else {
      const definition = indexDefinition({ dimension, hnswM, shards, replicas });
      const body = { aliases: { [this.writeAlias(name)]: {} }, ...definition };
      try {
        await this.client.send({ method: 'PUT', path, body, timeoutMs });
      } catch (error) {
        if (!isDuplicate(error)) throw openSearchError(error);
      }
    }
    await this.untilStarted(name);
  }

  /** The shards of an index that another process has just created start a moment later. */
  private async untilStarted(name: string): Promise<void> {
    const deadline = Date.now() + this.config.adminTimeoutMs;
    for (;;) {
      try {
        await this.count(name, {});
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError) || error.timedOut || Date.now() > deadline) throw error;
        if (!(error.cause instanceof OpenSearchRefusal) || error.cause.status !== 503) throw error;
        await sleep(START_POLL_MS);
      }
    }
  }

  async drop(name: string): Promise<void> {
    try {
      const path = `/${this.index(name)}`;
      await this.client.send({ method: 'DELETE', path, timeoutMs: this.config.adminTimeoutMs });
    } catch (error) {
      if (!isNotFound(error)) throw openSearchError(error);
    }
  }

  async list(): Promise<CollectionInfo[]> {
    const start = this.index('');
    const indexes = await this.dimensions(`${start}*`);
    return Object.entries(indexes)
      .flatMap(([index, dimension]) =>
        index.startsWith(start) ? [{ name: index.slice(start.length), dimension }] : [],
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async describe(name: string): Promise<CollectionInfo | undefined> {
    try {
      const index = this.index(name);
      const { [index]: dimension } = await this.dimensions(index);
      return dimension === undefined ? undefined : { name, dimension };
    } catch (error) {
      if (isNotFound((error as Error).cause)) return undefined;
      throw error;
    }
  }

  /** The dimensions of indexes with vectors, by their names. */
  private async dimensions(indexes: string): Promise<Record<string, number>> {
    const path = `/${indexes}/_mapping`;
    const timeoutMs = this.config.readTimeoutMs;
    const found = await this.send<Mappings>(undefined, { method: 'GET', path, query: DIMENSIONS, timeoutMs });
    return Object.fromEntries(
      Object.entries(found).map(([name, { mappings }]) => [name, mappings.properties.vector.dimension]),
    );
  }

  async write(collection: string, points: readonly StoredPoint[]): Promise<void> {
    let lines = '';
    for (const point of points) {
      const next = bulkLines(point);
      if (lines !== '' && lines.length + next.length > MAX_BULK_CHARS) {
        await this.bulk(collection, lines);
        lines = '';
      }
      lines += next;
    }
    if (lines !== '') await this.bulk(collection, lines);
  }

  private async bulk(collection: string, body: string): Promise<void> {
    const { items, errors } = await this.send<BulkAnswer>(collection, {
      method: 'POST',
      path: `/${this.writeAlias(collection)}/_bulk`,
      // A bulk request to an index that does not exist would create one; an alias is never created.
      query: { require_alias: true, refresh: true, filter_path: 'errors,items.*.status,items.*.error' },
      body,
      timeoutMs: this.config.writeTimeoutMs,
    });
    if (!errors) return;
    const refused = items.find(({ index }) => index.error !== undefined)?.index;
    throw openSearchError(OpenSearchRefusal.of(refused?.status ?? 500, refused?.error), collection);
  }

  async delete(collection: string, filter: CheckedFilter): Promise<void> {
    const timeoutMs = this.config.writeTimeoutMs;
    const index = `/${this.index(collection)}`;
    // What a killed writer left is there, and not yet in sight of a deletion.
    await this.send(collection, { method: 'POST', path: `${index}/_refresh`, timeoutMs });
    for (let pass = 1; pass <= DELETE_PASSES; pass += 1) {
      const { version_conflicts: conflicts, failures } = await this.send<DeleteAnswer>(collection, {
        method: 'POST',
        path: `${index}/_delete_by_query`,
        query: { conflicts: 'proceed', refresh: true },
        body: { query: filterQuery(filter) },
        timeoutMs,
      });
      const [failure] = failures;
      if (failure) throw openSearchError(OpenSearchRefusal.of(failure.status ?? 500, failure.cause), collection);
      if (conflicts === 0) return;
    }
    throw new StoreUnavailableError('points were written again and again while OpenSearch deleted them');
  }

  async search(collection: string, { vector, filter, limit }: DriverQuery): Promise<Hit[]> {
    const knn = {
      ...{ vector: [...vector], k: limit, filter: filterQuery(filter) },
      method_parameters: { ef_search: Math.max(SEARCH_EF, limit) },
    };
    const found = await this.find<FoundDocument>(collection, {
      ...{ ...REFERENCES, size: limit, track_total_hits: false, query: { knn: { vector: knn } } },
    });
    return found.hits.hits.map(hitOf);
  }

  async searchWords(collection: string, query: DriverWordQuery): Promise<WordHit[]> {
    const body = { ...REFERENCES, size: query.limit, track_total_hits: false, query: wordsQuery(query) };
    const found = await this.find<FoundDocument>(collection, body, { include_named_queries_score: true });
    return found.hits.hits.map(wordHitOf);
  }

  async count(collection: string, filter: CheckedFilter): Promise<number> {
    const body = { size: 0, track_total_hits: true, query: filterQuery(filter) };
    return (await this.find(collection, body)).hits.total?.value ?? 0;
  }

  async page(collection: string, filter: CheckedFilter, after: string | undefined, limit: number): Promise<PointRef[]> {
    const found = await this.find<FoundDocument>(collection, {
      ...{ ...REFERENCES, size: limit, track_total_hits: false, query: filterQuery(filter), sort: ['id'] },
      ...(after === undefined ? {} : { search_after: [after] }),
    });
    return found.hits.hits.map(refOf);
  }

  async vectors(collection: string, ids: readonly string[]): Promise<Map<string, Float32Array>> {
    const found = await this.find<{ _id: string; _source: { vector: number[] } }>(collection, {
      ...{ size: ids.length, track_total_hits: false, _source: ['vector'], query: { terms: { id: ids } } },
    });
    return new Map(found.hits.hits.map(({ _id, _source }) => [_id, Float32Array.from(_source.vector)]));
  }

  /** By a request that needs the rights for our indexes, and no others. */
  async health(): Promise<void> {
    await this.dimensions(`${this.index('')}*`);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private index(collection: string): string {
    return `${this.config.prefix}_${collection}`;
  }

  /** No collection has a hyphen in its name. */
  private writeAlias(collection: string): string {
    return `${this.index(collection)}-points`;
  }

  private find<T>(collection: string, body: object, query: OpenSearchRequest['query'] = {}): Promise<Found<T>> {
    return this.send(collection, {
      method: 'POST',
      path: `/${this.index(collection)}/_search`,
      // By default a shard that is away is left out in silence.
      query: { allow_partial_search_results: false, ...query },
      body,
      timeoutMs: this.config.readTimeoutMs,
    });
  }

  private async send<T>(collection: string | undefined, request: OpenSearchRequest): Promise<T> {
    try {
      return await this.client.send<T>(request);
    } catch (error) {
      throw openSearchError(error, collection);
    }
  }
}
