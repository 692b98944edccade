import { Index, type Table } from '@lancedb/lancedb';
import type { Words } from '@perennial/words';
import {
  Field,
  FixedSizeList,
  Float32,
  Int32,
  makeData,
  Schema,
  Table as ArrowTable,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow';
import type { CheckedFilter, StoredPoint } from '../driver';
import type { PointRef } from '../types';

const list = (dimension: number) => new FixedSizeList(dimension, new Field('item', new Float32(), true));

/** Without it two concurrent inserts of the same point would both succeed. */
const PRIMARY_KEY = new Map([['lance-schema:unenforced-primary-key', 'true']]);

/** The columns of a collection. `words` holds each word as often as it occurs, with spaces between. */
export function toSchema(dimension: number): Schema {
  return new Schema([
    new Field('id', new Utf8(), false, PRIMARY_KEY),
    new Field('scope', new Utf8(), false),
    new Field('file', new Utf8(), false),
    new Field('generation', new Int32(), false),
    new Field('ordinal', new Int32(), false),
    new Field('vector', list(dimension), false),
    new Field('words', new Utf8(), false),
  ]);
}

export async function dimensionOf(table: Table): Promise<number> {
  const { fields } = await table.schema();
  const type = fields.find(({ name }) => name === 'vector')?.type as { listSize?: number } | undefined;
  return type?.listSize ?? 0;
}

/**
 * Creates missing scalar and word indexes. The vector index is created later (`maintenance.ts`). None for `id`: with it, two concurrent
 * inserts of the same point can both succeed while a third process updates the index.
 */
export async function ensureIndexes(table: Table): Promise<void> {
  const there = new Set((await table.listIndices()).flatMap(({ columns }) => columns));
  if (!there.has('scope')) await table.createIndex('scope', { config: Index.bitmap() });
  if (!there.has('file')) await table.createIndex('file', { config: Index.btree() });
  if (there.has('words')) return;
  // The words were split before, so they must not be changed.
  const config = Index.fts({
    baseTokenizer: 'whitespace',
    withPosition: false,
    lowercase: false,
    stem: false,
    removeStopWords: false,
    asciiFolding: false,
    maxTokenLength: 200,
  });
  await table.createIndex('words', { config });
}

export function arrowTable(points: readonly StoredPoint[], dimension: number): ArrowTable {
  const vectors = new Float32Array(points.length * dimension);
  points.forEach(({ vector }, index) => vectors.set(vector, index * dimension));
  const child = makeData({ type: new Float32(), data: vectors });
  const text = (values: string[]) => vectorFromArray(values, new Utf8());
  const whole = (values: number[]) => vectorFromArray(values, new Int32());
  return new ArrowTable(toSchema(dimension), {
    id: text(points.map(({ id }) => id)),
    scope: text(points.map(({ scope }) => scope)),
    file: text(points.map(({ fileId }) => fileId)),
    generation: whole(points.map(({ generation }) => generation)),
    ordinal: whole(points.map(({ ordinal }) => ordinal)),
    vector: new Vector([makeData({ type: list(dimension), length: points.length, nullCount: 0, child })]),
    words: text(points.map(({ words }) => repeated(words))),
  });
}

function repeated(words: Words): string {
  const all: string[] = [];
  for (const [word, count] of words) for (let i = 0; i < count; i += 1) all.push(word);
  return all.join(' ');
}

/** The SQL condition of a filter. Its ids were checked to have no quotes. Undefined for the empty filter. */
export function toCondition({ scopes, fileIds, generation, generationBelow }: CheckedFilter): string | undefined {
  const oneOf = (column: string, values: readonly string[]): string =>
    `${column} IN (${values.map((value) => `'${value}'`).join(', ')})`;
  const conditions = [
    scopes && oneOf('scope', scopes),
    fileIds && oneOf('file', fileIds),
    generation !== undefined && `generation = ${generation}`,
    generationBelow !== undefined && `generation < ${generationBelow}`,
  ].filter((condition) => typeof condition === 'string');
  return conditions.length === 0 ? undefined : conditions.join(' AND ');
}

export const REF_COLUMNS = ['id', 'scope', 'file', 'generation', 'ordinal'];

/** A row as LanceDB gives it. */
export type LanceRow = Record<string, unknown>;

export function refOf(row: LanceRow): PointRef {
  return {
    id: String(row['id']),
    scope: String(row['scope']),
    fileId: String(row['file']),
    generation: Number(row['generation']),
    ordinal: Number(row['ordinal']),
  };
}
