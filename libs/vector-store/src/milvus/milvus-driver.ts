import { setTimeout as sleep } from 'node:timers/promises';
import { ConsistencyLevelEnum, DataType, LoadState, MilvusClient } from '@zilliz/milvus2-sdk-node';
import type { CheckedFilter, DenseDriver, DriverQuery, StoredPoint } from '../driver';
import { StoreUnavailableError } from '../errors';
import type { CollectionInfo, Hit, PointRef } from '../types';
import { accepted, isUnknownCollection, milvusError, MilvusRefusal } from './errors';

export interface MilvusConfig {
  url: string;
  /** `user:password`, or an API key. */
  token?: string;
  database: string;
  /** Start of the names of our collections on the server. */
  prefix: string;
  /** Links per node of the graph. */
  hnswM: number;
  /** How long a read, a write, and a change of the schema may take, in milliseconds. */
  readTimeoutMs: number;
  writeTimeoutMs: number;
  adminTimeoutMs: number;
}

/** Nodes examined per search; recall against time. */
const SEARCH_EF = 128;
const LOAD_POLL_MS = 50;
/**
 * Points per request. The client joins the vectors of a request by copying all of them for each one more, which takes seconds for some hundreds
 * where Apache Arrow is loaded, since then V8 joins arrays number by number.
 */
const WRITE_BATCH = 32;
const REF_FIELDS = ['id', 'scope', 'file', 'generation', 'ordinal'];

/**
 * One collection for all tenants, filtered by scope; without a partition key, by which Milvus 2.3 files points that are written again under
 * wrong partitions. The versions that this speaks to search by vectors only.
 */
export class MilvusDriver implements DenseDriver {
  private readonly client: MilvusClient;

  constructor(private readonly config: MilvusConfig) {
    const { url, token, database, readTimeoutMs } = config;
    this.client = new MilvusClient({
      ...{ address: url, token, database, timeout: readTimeoutMs },
      maxRetries: 0,
      // It would log to standard output.
      logLevel: 'error',
      // Its first call, made by the constructor, would end the process if the server is away.
      __SKIP_CONNECT__: true,
    });
  }

  async ensure(name: string, dimension: number): Promise<void> {
    await translated(undefined, async () => {
      if (!(await this.describe(name))) await this.create(name, dimension);
      // Also completes a collection whose creator died between two steps.
      const collection = { collection_name: this.name(name), timeout: this.config.adminTimeoutMs };
      accepted(
        await this.client.createIndex({
          ...collection,
          ...{ field_name: 'vector', index_name: 'vector', index_type: 'HNSW', metric_type: 'IP' },
          params: { M: this.config.hnswM, efConstruction: SEARCH_EF },
        }),
      );
      accepted(await this.client.loadCollection(collection));
      await this.loaded(name);
    });
  }

  private async create(name: string, dimension: number): Promise<void> {
    const made = {
      collection_name: this.name(name),
      // Every confirmed write is visible, also one of another process. The client would drop this level from a search: it is 0.
      consistency_level: 'Strong' as const,
      timeout: this.config.adminTimeoutMs,
      fields: [
        { name: 'id', data_type: DataType.VarChar, is_primary_key: true, max_length: 36 },
        { name: 'scope', data_type: DataType.VarChar, max_length: 128 },
        { name: 'file', data_type: DataType.VarChar, max_length: 128 },
        { name: 'generation', data_type: DataType.Int32 },
        { name: 'ordinal', data_type: DataType.Int32 },
        { name: 'vector', data_type: DataType.FloatVector, dim: dimension },
      ],
    };
    try {
      accepted(await this.client.createCollection(made));
    } catch (error) {
      // Another process may have created it meanwhile, with another dimension.
      if (!(await this.describe(name))) throw error;
    }
  }

  /** Milvus searches only what it has loaded, which takes a moment. */
  private async loaded(name: string): Promise<void> {
    const deadline = Date.now() + this.config.adminTimeoutMs;
    for (;;) {
      const { state } = accepted(await this.client.getLoadState({ collection_name: this.name(name) }));
      if (state === LoadState.LoadStateLoaded) return;
      if (Date.now() > deadline) throw new StoreUnavailableError('Milvus does not load the collection in time');
      await sleep(LOAD_POLL_MS);
    }
  }

  async drop(name: string): Promise<void> {
    await translated(undefined, async () => {
      const collection = { collection_name: this.name(name), timeout: this.config.adminTimeoutMs };
      try {
        accepted(await this.client.dropCollection(collection));
      } catch (error) {
        if (!isUnknownCollection(error)) throw error;
      }
    });
  }

  async list(): Promise<CollectionInfo[]> {
    const { data } = await translated(undefined, async () => accepted(await this.client.showCollections()));
    const start = this.name('');
    const names = data.flatMap(({ name }) => (name.startsWith(start) ? [name.slice(start.length)] : []));
    const infos = await Promise.all(names.map((name) => this.describe(name)));
    return infos.filter((info) => info !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async describe(name: string): Promise<CollectionInfo | undefined> {
    try {
      // The client keeps what it reads here, and fits the next write to it.
      const { schema } = accepted(await this.client.describeCollection({ collection_name: this.name(name) }));
      const vector = schema.fields.find((field) => field.name === 'vector');
      return vector && { name, dimension: Number(vector.dim) };
    } catch (error) {
      if (isUnknownCollection(error)) return undefined;
      throw milvusError(error);
    }
  }

  async write(collection: string, points: readonly StoredPoint[]): Promise<void> {
    const data = points.map(({ id, scope, fileId, generation, ordinal, vector }) => {
      return { id, scope, file: fileId, generation, ordinal, vector: [...vector] };
    });
    for (let from = 0; from < data.length; from += WRITE_BATCH) {
      const batch = data.slice(from, from + WRITE_BATCH);
      await this.in(collection, (collection_name) =>
        this.client.upsert({ collection_name, data: batch, timeout: this.config.writeTimeoutMs }),
      );
    }
  }

  async delete(collection: string, filter: CheckedFilter): Promise<void> {
    await this.in(collection, (collection_name) =>
      this.client.delete({ collection_name, filter: toExpression(filter), timeout: this.config.writeTimeoutMs }),
    );
  }

  async search(collection: string, { vector, filter, limit }: DriverQuery): Promise<Hit[]> {
    const { results } = await this.in(collection, (collection_name) =>
      this.client.search({
        ...{ collection_name, limit, anns_field: 'vector', metric_type: 'IP' },
        data: [[...vector]],
        filter: toExpression(filter),
        output_fields: REF_FIELDS,
        params: { ef: Math.max(SEARCH_EF, limit) },
      }),
    );
    return results.map((row) => ({ ...refOf(row), similarity: row.score, score: row.score }));
  }

  async vectors(collection: string, ids: readonly string[]): Promise<Map<string, Float32Array>> {
    const rows = await this.rows(collection, anyOf('id', ids), ['id', 'vector'], ids.length);
    return new Map(rows.map((row) => [String(row['id']), Float32Array.from(row['vector'] as number[])]));
  }

  async count(collection: string, filter: CheckedFilter): Promise<number> {
    const [row] = await this.rows(collection, toExpression(filter), ['count(*)']);
    return Number(row?.['count(*)'] ?? 0);
  }

  async page(collection: string, filter: CheckedFilter, after: string | undefined, limit: number): Promise<PointRef[]> {
    // An expression without a condition is refused. A limited query gives the lowest ids.
    const expression = [toExpression(filter), `id > "${after ?? ''}"`].filter((part) => part !== '').join(' and ');
    const refs = (await this.rows(collection, expression, REF_FIELDS, limit)).map(refOf);
    return refs.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async health(): Promise<void> {
    // Unlike its check of health this needs the token and the database.
    await translated(undefined, async () => accepted(await this.client.showCollections()));
  }

  async close(): Promise<void> {
    await this.client.closeConnection();
  }

  private name(collection: string): string {
    return `${this.config.prefix}_${collection}`;
  }

  private async rows(
    collection: string,
    filter: string,
    output_fields: string[],
    limit?: number,
  ): Promise<Record<string, unknown>[]> {
    const { data } = await this.in(collection, (collection_name) =>
      this.client.query({
        ...{ collection_name, filter, output_fields, consistency_level: ConsistencyLevelEnum.Strong },
        ...(limit === undefined ? {} : { limit }),
      }),
    );
    return data;
  }

  /** Works in a collection; once more if it was made anew since the client has read its schema. */
  private in<T extends { status: MilvusRefusal['status'] }>(
    collection: string,
    work: (name: string) => Promise<T>,
  ): Promise<T> {
    const name = this.name(collection);
    return translated(collection, async () => {
      try {
        return accepted(await work(name));
      } catch (error) {
        const isConnection = typeof (error as { code?: unknown }).code === 'number';
        if (isConnection || !(await this.describe(collection))) throw error;
        return accepted(await work(name));
      }
    });
  }
}

async function translated<T>(collection: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw milvusError(error, collection);
  }
}

/** Names were checked: they have no character that would end a string. */
const anyOf = (field: string, values: readonly string[]): string =>
  `${field} in [${values.map((value) => `"${value}"`).join(', ')}]`;

function toExpression({ scopes, fileIds, generation, generationBelow }: CheckedFilter): string {
  return [
    scopes && anyOf('scope', scopes),
    fileIds && anyOf('file', fileIds),
    generation !== undefined && `generation == ${generation}`,
    generationBelow !== undefined && `generation < ${generationBelow}`,
  ]
    .filter((condition) => typeof condition === 'string')
    .join(' and ');
}

function refOf(row: Record<string, unknown>): PointRef {
  return {
    id: String(row['id']),
    scope: String(row['scope']),
    fileId: String(row['file']),
    generation: Number(row['generation']),
    ordinal: Number(row['ordinal']),
  };
}
