import type { CheckedFilter, DriverWordQuery, StoredPoint, WordHit } from '../driver';
import type { Hit, PointRef } from '../types';

/** Nodes examined per search; recall against time. */
export const SEARCH_EF = 128;
/** A page and the point after it, by which the store sees whether there is another one. */
const MAX_RESULTS = 10_001;
/** The name of the cosine among those of words: no word has this character. */
const COSINE = '@';

export interface IndexOptions {
  dimension: number;
  hnswM: number;
  shards?: number;
  replicas?: number;
}

/** Settings and fields of a new index. */
export function indexDefinition({ dimension, hnswM, shards, replicas }: IndexOptions): object {
  return {
    settings: {
      index: {
        knn: true,
        number_of_shards: shards,
        number_of_replicas: replicas,
        max_result_window: MAX_RESULTS,
        // Copies that only follow by segments would not have a confirmed write yet.
        replication: { type: 'DOCUMENT' },
      },
    },
    mappings: {
      dynamic: false,
      properties: {
        // `_id` has no column of values, by which a page is read without the documents.
        id: { type: 'keyword' },
        scope: { type: 'keyword' },
        file: { type: 'keyword' },
        generation: { type: 'integer' },
        ordinal: { type: 'integer', index: false },
        words: { type: 'text', analyzer: 'whitespace', index_options: 'freqs' },
        vector: {
          type: 'knn_vector',
          dimension,
          method: {
            name: 'hnsw',
            // Filters while it searches. The product is the cosine, because vectors have length 1; zeros are no vector for a cosine.
            ...{ engine: 'lucene', space_type: 'innerproduct' },
            parameters: { m: hnswM, ef_construction: SEARCH_EF },
          },
        },
      },
    },
  };
}

/** The two lines of a point in a bulk request. */
export function bulkLines({ id, scope, fileId, generation, ordinal, vector, words }: StoredPoint): string {
  const text = [...words].map(([word, count]) => `${word} `.repeat(count)).join('');
  // A float has seven digits at this size; all seventeen would double the request.
  const dense = Array.from(vector, (value) => Math.round(value * 1e7) / 1e7);
  const document = { id, scope, file: fileId, generation, ordinal, words: text, vector: dense };
  return `{"index":{"_id":"${id}"}}\n${JSON.stringify(document)}\n`;
}

export function filterQuery({ scopes, fileIds, generation, generationBelow }: CheckedFilter): object {
  const filter: object[] = [];
  if (scopes) filter.push({ terms: { scope: scopes } });
  if (fileIds) filter.push({ terms: { file: fileIds } });
  if (generation !== undefined) filter.push({ term: { generation } });
  if (generationBelow !== undefined) filter.push({ range: { generation: { lt: generationBelow } } });
  return { bool: { filter } };
}

/**
 * Points with any of the words, by BM25. The cosine is a named query that filters nothing: it is computed for the hits only, and the vectors
 * would be most of the answer.
 */
export function wordsQuery({ vector, filter, words }: Omit<DriverWordQuery, 'limit'>): object {
  const cosine = {
    script_score: {
      _name: COSINE,
      query: { match_all: {} },
      script: {
        ...{ lang: 'knn', source: 'knn_score' },
        params: { field: 'vector', query_value: [...vector], space_type: 'innerproduct' },
      },
    },
  };
  return {
    bool: {
      filter: [filterQuery(filter), cosine],
      should: words.map((word) => ({ term: { words: { value: word, _name: word } } })),
      minimum_should_match: 1,
    },
  };
}

/** Parts of a search by which its hits are references: columns of values, so that no document is read. */
export const REFERENCES = {
  stored_fields: '_none_',
  docvalue_fields: ['id', 'scope', 'file', 'generation', 'ordinal'],
};

type Columns = Readonly<Record<'id' | 'scope' | 'file', readonly [string]>> &
  Readonly<Record<'generation' | 'ordinal', readonly [number]>>;

export interface FoundDocument {
  _score: number;
  fields: Columns;
  /** With a query of words: the score of each of them that it has, and of the cosine. */
  matched_queries?: Readonly<Record<string, number>>;
}

export function refOf({ fields: { id, scope, file, generation, ordinal } }: FoundDocument): PointRef {
  return { id: id[0], scope: scope[0], fileId: file[0], generation: generation[0], ordinal: ordinal[0] };
}

export function hitOf(found: FoundDocument): Hit {
  const similarity = cosineOf(found._score);
  return { ...refOf(found), similarity, score: similarity };
}

export function wordHitOf(found: FoundDocument): WordHit {
  const { [COSINE]: cosine = 1, ...matched } = found.matched_queries ?? {};
  return { ...refOf(found), similarity: cosineOf(cosine), score: found._score, matched: Object.keys(matched) };
}

/** Lucene has no scores below zero: a product `p` from zero on is `1 + p`, one below `1 / (1 - p)`. */
const cosineOf = (score: number): number => (score >= 1 ? score - 1 : 1 - 1 / score);
