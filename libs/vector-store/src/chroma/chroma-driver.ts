import { ChromaClient, type Collection } from 'chromadb';
import type { CheckedFilter, DenseDriver, DriverQuery, StoredPoint } from '../driver';
import { unknownCollection } from '../store';
import type { CollectionInfo, Hit, PointRef } from '../types';
import { chromaError, isDuplicate, isNotFound } from './errors';
import { metadataOf, placeOf, PLACES, refOf, toWhere } from './records';

export interface ChromaConfig {
  host: string;
  port: number;
  ssl: boolean;
  tenant: string;
  database: string;
  /** Sent with each request, credentials among them. */
  headers: Readonly<Record<string, string>>;
  /** Start of the names of our collections on the server. */
  prefix: string;
  /** Links per node of the graph. */
  hnswM: number;
}

/** Nodes examined per search; recall against time. */
const SEARCH_EF = 128;
/** Collections of one answer to a listing. */
const LISTED = 100;

/** A Chroma server, which searches by vectors and keeps scopes as metadata. */
export class ChromaDriver implements DenseDriver {
  private readonly client: ChromaClient;
  /** Chroma addresses a collection by an id, which a collection made anew does not inherit. */
  private readonly collections = new Map<string, Promise<Collection>>();

  constructor(private readonly config: ChromaConfig) {
    const { host, port, ssl, tenant, database, headers } = config;
    this.client = new ChromaClient({
      ...{ host, port, ssl, tenant, database },
      // A compressed answer comes in two pieces, of which the second waits up to 40 ms for the receipt of the first.
      headers: { 'accept-encoding': 'identity', ...headers },
    });
  }

  async ensure(name: string, dimension: number): Promise<void> {
    if (await this.describe(name)) return;
    try {
      await this.client.createCollection({
        name: this.name(name),
        embeddingFunction: null,
        // Chroma takes the dimension of the first vector.
        metadata: { dimension },
        configuration: {
          hnsw: {
            space: 'ip',
            max_neighbors: this.config.hnswM,
            ef_construction: SEARCH_EF,
            ef_search: SEARCH_EF,
          },
        },
      });
    } catch (error) {
      if (!isDuplicate(error)) throw chromaError(error);
    }
  }

  async drop(name: string): Promise<void> {
    this.collections.delete(name);
    try {
      await this.client.deleteCollection({ name: this.name(name) });
    } catch (error) {
      if (!isNotFound(error)) throw chromaError(error);
    }
  }

  async list(): Promise<CollectionInfo[]> {
    const start = this.name('');
    const infos: CollectionInfo[] = [];
    try {
      for (let offset = 0; ; offset += LISTED) {
        const page = await this.client.listCollections({ limit: LISTED, offset });
        for (const { name, metadata } of page)
          if (name.startsWith(start))
            infos.push({ name: name.slice(start.length), dimension: Number(metadata?.['dimension']) });
        if (page.length < LISTED) return infos.sort((a, b) => (a.name < b.name ? -1 : 1));
      }
    } catch (error) {
      throw chromaError(error);
    }
  }

  async describe(name: string): Promise<CollectionInfo | undefined> {
    this.collections.delete(name);
    try {
      const { metadata } = await this.open(name);
      return { name, dimension: Number(metadata?.['dimension']) };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw chromaError(error);
    }
  }

  async write(collection: string, points: readonly StoredPoint[]): Promise<void> {
    await this.in(collection, (records) =>
      records.upsert({
        ids: points.map(({ id }) => id),
        embeddings: points.map(({ vector }) => [...vector]),
        metadatas: points.map(metadataOf),
      }),
    );
  }

  async delete(collection: string, filter: CheckedFilter): Promise<void> {
    await this.in(collection, (records) => records.delete({ where: toWhere(filter) }));
  }

  async search(collection: string, { vector, filter, limit }: DriverQuery): Promise<Hit[]> {
    const { ids, distances, metadatas } = await this.in(collection, (records) =>
      records.query({
        queryEmbeddings: [[...vector]],
        nResults: limit,
        where: toWhere(filter),
        include: ['metadatas', 'distances'],
      }),
    );
    return (ids[0] ?? []).map((id, index) => {
      const similarity = 1 - (distances[0]?.[index] ?? 1);
      return { ...refOf(id, metadatas[0]?.[index]), similarity, score: similarity };
    });
  }

  async vectors(collection: string, ids: readonly string[]): Promise<Map<string, Float32Array>> {
    const found = await this.in(collection, (records) => records.get({ ids: [...ids], include: ['embeddings'] }));
    return new Map(found.ids.map((id, index) => [id, Float32Array.from(found.embeddings[index] ?? [])]));
  }

  /** Chroma counts whole collections only. */
  count(collection: string, filter: CheckedFilter): Promise<number> {
    const where = toWhere(filter);
    return this.in(collection, async (records) =>
      where === undefined ? records.count() : (await records.get({ where, include: [] })).ids.length,
    );
  }

  page(collection: string, filter: CheckedFilter, after: string | undefined, limit: number): Promise<PointRef[]> {
    return this.in(collection, async (records) => {
      const found: PointRef[] = [];
      // As many places as should hold one page. More if the filter leaves few, fewer if there turn out to be more.
      let width = Math.ceil((PLACES * 1.25 * limit) / Math.max(1, await records.count()));
      for (let from = after === undefined ? 0 : placeOf(after); from < PLACES && found.length < limit;) {
        const to = Math.min(PLACES, from + width);
        const most = 2 * limit;
        const where = toWhere(filter, { from, to });
        const { ids, metadatas } = await records.get({ where, limit: most, include: ['metadatas'] });
        if (ids.length === most && width > 1) {
          width = Math.ceil(width / 2);
          continue;
        }
        const refs = ids.map((id, index) => refOf(id, metadatas[index]));
        refs.sort((a, b) => (a.id < b.id ? -1 : 1));
        found.push(...refs.filter(({ id }) => after === undefined || id > after));
        from = to;
        if (refs.length < limit / 2) width *= 2;
      }
      return found.slice(0, limit);
    });
  }

  async health(): Promise<void> {
    try {
      // Unlike its heartbeat this needs the credentials, the tenant and the database.
      await this.client.countCollections();
    } catch (error) {
      throw chromaError(error);
    }
  }

  async close(): Promise<void> {
    // Its connections are kept alive for seconds only, and hold no process.
  }

  private name(collection: string): string {
    return `${this.config.prefix}_${collection}`;
  }

  /** Works in a collection; once more if it was made anew since this process has read its id. */
  private async in<T>(collection: string, work: (records: Collection) => Promise<T>): Promise<T> {
    try {
      const known = this.collections.has(collection);
      const records = await this.open(collection);
      try {
        return await work(records);
      } catch (error) {
        if (!isNotFound(error) || !known) throw error;
        this.collections.delete(collection);
        return await work(await this.open(collection));
      }
    } catch (error) {
      throw isNotFound(error) ? unknownCollection(collection, error) : chromaError(error, collection);
    }
  }

  private open(collection: string): Promise<Collection> {
    const known = this.collections.get(collection);
    if (known) return known;
    const opening = this.client.getCollection({ name: this.name(collection) });
    this.collections.set(collection, opening);
    opening.catch(() => this.collections.delete(collection));
    return opening;
  }
}
