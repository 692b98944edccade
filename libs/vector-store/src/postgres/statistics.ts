import { LRUCache } from 'lru-cache';
import type { VectorDatabase } from './database';
import type { Tables } from './tables';

export interface WeighedWord {
  word: string;
  /** BM25's inverse document frequency: above 0, higher for rarer words. */
  idf: number;
  /** Approximate number of points with the word. */
  documents: number;
}

interface Statistics {
  /** Points in the collection. */
  total: number;
  /** The share of points with each of the most frequent words, from Postgres's own statistics. */
  shares: ReadonlyMap<string, number>;
}

/** Old figures order words as well as fresh ones. */
const TTL_MS = 60_000;
const MAX_WORDS = 20_000;
/** Counting stops here: a word in this many points counts as frequent. */
const COUNT_LIMIT = 2_000;

/**
 * Sizes of collections and rarity of words, which Postgres's own ranking does not know. Frequent words come from ANALYZE's statistics of a
 * tsvector's elements, the others are counted by the index; all is cached for a minute.
 */
export class CollectionStatistics {
  private readonly statistics = new LRUCache<string, Statistics>({ max: 100, ttl: TTL_MS });
  private readonly documents = new LRUCache<string, number>({ max: MAX_WORDS, ttl: TTL_MS });

  constructor(
    private readonly database: VectorDatabase,
    private readonly tables: Tables,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Approximate number of points.
   *
   * @throws VectorStoreError
   */
  async total(collection: string): Promise<number> {
    return (await this.collection(collection)).total;
  }

  /** @throws VectorStoreError */
  async weigh(collection: string, words: readonly string[]): Promise<WeighedWord[]> {
    const { total, shares } = await this.collection(collection);
    const unknown = words.filter((word) => !shares.has(word) && !this.documents.has(`${collection} ${word}`));
    if (unknown.length > 0) await this.count(collection, unknown);
    return words.map((word) => {
      const share = shares.get(word);
      const counted = this.documents.get(`${collection} ${word}`) ?? 0;
      const documents = Math.min(total, share === undefined ? counted : Math.max(1, share * total));
      return { word, documents, idf: Math.log(1 + (total - documents + 0.5) / (documents + 0.5)) };
    });
  }

  private async collection(collection: string): Promise<Statistics> {
    const known = this.statistics.get(collection);
    if (known) return known;
    const [row] = await this.database.run(
      `SELECT c.reltuples::float8 AS total, s.most_common_elems::text::text[] AS words, s.most_common_elem_freqs AS shares
       FROM pg_class c LEFT JOIN pg_stats s ON s.schemaname = $2 AND s.tablename = c.relname AND s.attname = 'words'
       WHERE c.oid = $1::text::regclass`,
      [this.tables.name(collection), this.tables.schema],
      { timeoutMs: this.timeoutMs, collection },
    );
    const words = (row?.['words'] ?? []) as string[];
    const shares = (row?.['shares'] ?? []) as number[];
    let total = Number(row?.['total'] ?? 0);
    // Never analysed yet, or too small for the estimate.
    if (total < 1_000) total = await this.countAll(collection);
    const statistics = { total, shares: new Map(words.map((word, index) => [word, shares[index] ?? 0])) };
    this.statistics.set(collection, statistics);
    return statistics;
  }

  private async countAll(collection: string): Promise<number> {
    const [row] = await this.database.run(`SELECT count(*)::int AS total FROM ${this.tables.name(collection)}`, [], {
      timeoutMs: this.timeoutMs,
      collection,
    });
    return Number(row?.['total'] ?? 0);
  }

  private async count(collection: string, words: readonly string[]): Promise<void> {
    const rows = await this.database.run(
      `SELECT word, (SELECT count(*)::int FROM (
         SELECT 1 FROM ${this.tables.name(collection)} WHERE words @@ quote_literal(word)::tsquery LIMIT ${COUNT_LIMIT}) found) AS documents
       FROM unnest($1::text[]) AS word`,
      [words],
      { timeoutMs: this.timeoutMs, collection },
    );
    for (const { word, documents } of rows) this.documents.set(`${collection} ${word}`, Number(documents));
  }
}
