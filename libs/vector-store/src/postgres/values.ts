import type { CheckedFilter } from '../driver';
import type { PointRef } from '../types';
import type { Row } from './database';

/** A statement under construction: its values and their numbers. */
export class Values {
  readonly list: unknown[] = [];

  /** @returns `$n` */
  add(value: unknown): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
}

/** The WHERE clause of a filter; `true` for the empty one. */
export function toWhere({ scopes, fileIds, generation, generationBelow }: CheckedFilter, values: Values): string {
  const conditions = [
    // A single value lets the planner use the statistics of exactly that scope.
    scopes && (scopes.length === 1 ? `scope = ${values.add(scopes[0])}` : `scope = ANY(${values.add(scopes)}::text[])`),
    fileIds &&
      (fileIds.length === 1 ? `file = ${values.add(fileIds[0])}` : `file = ANY(${values.add(fileIds)}::text[])`),
    generation !== undefined && `generation = ${values.add(generation)}::int`,
    generationBelow !== undefined && `generation < ${values.add(generationBelow)}::int`,
  ].filter((condition) => typeof condition === 'string');
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

/** The columns of a point without its vector. */
export const REF_COLUMNS = 'id, scope, file, generation, ordinal';

/** The point of a row with the columns `REF_COLUMNS`. */
export function refOf(row: Row): PointRef {
  return {
    id: String(row['id']),
    scope: String(row['scope']),
    fileId: String(row['file']),
    generation: Number(row['generation']),
    ordinal: Number(row['ordinal']),
  };
}
