import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import type { CheckedFilter, Driver, DriverQuery, DriverWordQuery, StoredPoint, WordHit } from '../driver';
import type { CollectionInfo, Hit, PointRef } from '../types';
import { qdrantError } from './errors';
import { documentVector, matchedWords, queryVector, type SparseVector } from './sparse';

export interface QdrantConfig {
  url: string;
  apiKey?: string;
  /** Start of the names of our collections on the server. */
  prefix: string;
  /** Links per node of the graph. */
  hnswM: number;
  /** Vectors are read from disk instead of held in memory. */
  onDisk: boolean;
  /** Of new collections in a cluster: shards, copies of each, copies that must confirm a write. Undefined: Qdrant decides. */
  shards?: number;
  replicas?: number;
  writeConsistency?: number;
  /** How long a read, and a write, may take, in milliseconds. */
  readTimeoutMs: number;
  writeTimeoutMs: number;
}

const DENSE = 'dense';
const WORDS = 'words';
/** Nodes examined per search; recall against time. */
const SEARCH_EF = 256;

interface Payload {
  scope: string;
  file: string;
  generation: number;
  ordinal: number;
}

/**
 * One collection for all tenants: the scope is an indexed tenant key, by which Qdrant stores points together and links the graph within.
 * Words are a sparse vector that the server weighs by rarity (`idf`).
 */
export class QdrantDriver implements Driver {
  private readonly reads: QdrantClient;
  private readonly writes: QdrantClient;

  constructor(private readonly config: QdrantConfig) {
    // The client has one time-out, and a batch takes longer than a search may.
    this.reads = client(config, config.readTimeoutMs);
    this.writes = client(config, config.writeTimeoutMs);
  }

  async ensure(name: string, dimension: number): Promise<void> {
    const collection = this.name(name);
    await translated(undefined, async () => {
      const { exists } = await this.writes.collectionExists(collection);
      if (!exists) await this.create(collection, dimension);
      const { payload_schema: indexed } = await this.writes.getCollection(collection);
      // Also repairs a collection whose creator died between the two steps.
      if (!('scope' in indexed)) {
        await this.writes.createPayloadIndex(collection, {
          field_name: 'scope',
          field_schema: { type: 'keyword', is_tenant: true },
          wait: true,
        });
      }
      if (!('file' in indexed)) {
        await this.writes.createPayloadIndex(collection, { field_name: 'file', field_schema: 'keyword', wait: true });
      }
    });
  }

  private async create(collection: string, dimension: number): Promise<void> {
    const { onDisk, hnswM, shards, replicas, writeConsistency } = this.config;
    try {
      await this.writes.createCollection(collection, {
        vectors: { [DENSE]: { size: dimension, distance: 'Cosine', on_disk: onDisk } },
        sparse_vectors: { [WORDS]: { modifier: 'idf', index: { on_disk: onDisk } } },
        hnsw_config: { m: hnswM, ef_construct: 128, on_disk: onDisk },
        shard_number: shards,
        replication_factor: replicas,
        write_consistency_factor: writeConsistency,
      });
    } catch (error) {
      // Another process created it meanwhile.
      if ((error as { status?: number }).status !== 409) throw error;
    }
  }

  async drop(name: string): Promise<void> {
    await translated(undefined, () => this.writes.deleteCollection(this.name(name)));
  }

  async list(): Promise<CollectionInfo[]> {
    const { collections } = await translated(undefined, () => this.writes.getCollections());
    const start = `${this.config.prefix}_`;
    const names = collections.flatMap(({ name }) => (name.startsWith(start) ? [name.slice(start.length)] : []));
    const infos = await Promise.all(names.map((name) => this.describe(name)));
    return infos.filter((info) => info !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async describe(name: string): Promise<CollectionInfo | undefined> {
    try {
      const { config } = await this.reads.getCollection(this.name(name));
      const vectors = config.params.vectors as Record<string, { size: number } | undefined> | undefined;
      const dimension = vectors?.[DENSE]?.size;
      return dimension === undefined ? undefined : { name, dimension };
    } catch (error) {
      if ((error as { status?: number }).status === 404) return undefined;
      throw qdrantError(error);
    }
  }

  async write(collection: string, points: readonly StoredPoint[]): Promise<void> {
    await translated(collection, () =>
      this.writes.upsert(this.name(collection), { wait: true, points: points.map(pointStruct) }),
    );
  }

  async delete(collection: string, filter: CheckedFilter): Promise<void> {
    await translated(collection, () =>
      this.writes.delete(this.name(collection), { wait: true, filter: filterOf(filter) }),
    );
  }

  async search(collection: string, { vector, filter, limit }: DriverQuery): Promise<Hit[]> {
    const { points } = await translated(collection, () =>
      this.reads.query(this.name(collection), {
        query: [...vector],
        using: DENSE,
        filter: filterOf(filter),
        params: { hnsw_ef: Math.max(SEARCH_EF, limit) },
        limit,
        with_payload: true,
      }),
    );
    return points.map((point) => ({ ...refOf(point), similarity: point.score, score: point.score }));
  }

  async searchWords(collection: string, { vector, filter, limit, words }: DriverWordQuery): Promise<WordHit[]> {
    const worded = { query: queryVector(words), using: WORDS, filter: filterOf(filter), limit };
    // The server computes the cosines: the vectors would be most of the answer.
    const [found, compared] = await translated(collection, () =>
      this.reads.queryBatch(this.name(collection), {
        searches: [
          { ...worded, with_payload: true, with_vector: [WORDS] },
          { prefetch: [worded], query: [...vector], using: DENSE, limit },
        ],
      }),
    );
    const cosines = new Map(compared?.points.map(({ id, score }) => [id, score]));
    // Without a cosine: deleted in between.
    return (found?.points ?? []).flatMap((point) => {
      const similarity = cosines.get(point.id);
      const matched = matchedWords(words, wordsOf(point.vector));
      return similarity === undefined ? [] : [{ ...refOf(point), similarity, score: point.score, matched }];
    });
  }

  async count(collection: string, filter: CheckedFilter): Promise<number> {
    const { count } = await translated(collection, () =>
      this.reads.count(this.name(collection), { filter: filterOf(filter), exact: true }),
    );
    return count;
  }

  async page(collection: string, filter: CheckedFilter, after: string | undefined, limit: number): Promise<PointRef[]> {
    // Qdrant's offset is the first point of a page; ours the last of the previous page.
    const { points } = await translated(collection, () =>
      this.reads.scroll(this.name(collection), {
        filter: filterOf(filter),
        offset: after,
        limit: after === undefined ? limit : limit + 1,
        with_payload: true,
      }),
    );
    return points
      .map(refOf)
      .filter(({ id }) => id !== after)
      .slice(0, limit);
  }

  async vectors(collection: string, ids: readonly string[]): Promise<Map<string, Float32Array>> {
    const points = await translated(collection, () =>
      this.reads.retrieve(this.name(collection), { ids: [...ids], with_payload: false, with_vector: [DENSE] }),
    );
    return new Map(points.map(({ id, vector }) => [String(id), Float32Array.from(denseOf(vector))]));
  }

  async health(): Promise<void> {
    await translated(undefined, () => this.reads.getCollections());
  }

  async close(): Promise<void> {
    // Its connections are kept alive for seconds only, and hold no process.
  }

  private name(collection: string): string {
    return `${this.config.prefix}_${collection}`;
  }
}

function client({ url, apiKey }: QdrantConfig, timeout: number): QdrantClient {
  const { protocol, port } = new URL(url);
  return new QdrantClient({
    url,
    // The client would use 6333 even if a URL has its scheme's default port.
    port: port === '' ? (protocol === 'https:' ? 443 : 6333) : Number(port),
    headers: {
      // A compressed answer comes in two pieces, of which the second waits up to 40 ms for the receipt of the first.
      'accept-encoding': 'identity',
      // With `apiKey` the client prints a warning to standard output, among the log lines.
      ...(apiKey === undefined ? {} : { 'api-key': apiKey }),
    },
    timeout,
    checkCompatibility: false,
  });
}

async function translated<T>(collection: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw qdrantError(error, collection);
  }
}

function pointStruct({ id, scope, fileId, generation, ordinal, vector, words }: StoredPoint) {
  const payload: Payload = { scope, file: fileId, generation, ordinal };
  // A float has seven digits at this size; all seventeen would double the request.
  const dense = Array.from(vector, (value) => Math.round(value * 1e7) / 1e7);
  return { id, payload: { ...payload }, vector: { [DENSE]: dense, [WORDS]: documentVector(words) } };
}

function filterOf({ scopes, fileIds, generation, generationBelow }: CheckedFilter): Schemas['Filter'] {
  const must: Schemas['FieldCondition'][] = [];
  if (scopes) must.push({ key: 'scope', match: oneOf(scopes) });
  if (fileIds) must.push({ key: 'file', match: oneOf(fileIds) });
  if (generation !== undefined) must.push({ key: 'generation', match: { value: generation } });
  if (generationBelow !== undefined) must.push({ key: 'generation', range: { lt: generationBelow } });
  return { must };
}

const oneOf = (values: readonly string[]) => (values.length === 1 ? { value: values[0] ?? '' } : { any: [...values] });

function refOf({ id, payload }: { id: string | number; payload?: unknown }): PointRef {
  const { scope, file, generation, ordinal } = payload as Payload;
  return { id: String(id), scope, fileId: file, generation, ordinal };
}

function denseOf(stored: unknown): number[] {
  return (stored as Record<string, number[] | undefined> | undefined)?.[DENSE] ?? [];
}

function wordsOf(stored: unknown): SparseVector {
  return (stored as Record<string, SparseVector | undefined> | undefined)?.[WORDS] ?? { indices: [], values: [] };
}
