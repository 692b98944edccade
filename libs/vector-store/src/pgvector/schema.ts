import { Tables } from '../postgres/tables';

/** All collections of an installation: one table each, apart from the services' schemas. */
export const SCHEMA = 'vector_store';

export const tables = new Tables(SCHEMA);

/** HNSW's limit. Beyond it every search is exact. */
const MAX_INDEXED_DIMENSION = 4_000;
/** A page holds 8 kB; larger rows are stored elsewhere, and each exact comparison would fetch them. */
const MAX_INLINE_DIMENSION = 1_800;

export const isIndexed = (dimension: number): boolean => dimension <= MAX_INDEXED_DIMENSION;

/** The expression of the HNSW index: half precision needs half the memory, and hits are compared again exactly. */
export const indexed = (dimension: number, value = 'vector'): string => `(${value}::halfvec(${dimension}))`;

export interface IndexOptions {
  hnswM: number;
  hnswEfConstruction: number;
}

/** Creates a collection; idempotent. */
export function creation(collection: string, dimension: number, { hnswM, hnswEfConstruction }: IndexOptions): string[] {
  const table = tables.name(collection);
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (
       id uuid PRIMARY KEY,
       scope text NOT NULL,
       file text NOT NULL,
       generation int NOT NULL,
       ordinal int NOT NULL,
       vector vector(${dimension}) NOT NULL,
       words tsvector NOT NULL
     )`,
    ...(dimension <= MAX_INLINE_DIMENSION ? [`ALTER TABLE ${table} ALTER COLUMN vector SET STORAGE PLAIN`] : []),
    `CREATE INDEX IF NOT EXISTS "${collection}_scope" ON ${table} (scope, file, generation)`,
    `CREATE INDEX IF NOT EXISTS "${collection}_file" ON ${table} (file, generation)`,
    `CREATE INDEX IF NOT EXISTS "${collection}_words" ON ${table} USING gin (words)`,
    ...(isIndexed(dimension)
      ? [
          `CREATE INDEX IF NOT EXISTS "${collection}_vector" ON ${table} USING hnsw (${indexed(dimension)} halfvec_ip_ops)
           WITH (m = ${hnswM}, ef_construction = ${Math.max(hnswEfConstruction, 2 * hnswM)})`,
        ]
      : []),
  ];
}
