import type { CheckedFilter } from '../driver';
import type { PointRef } from '../types';
import type { VectorDatabase } from './database';
import type { Tables } from './tables';
import { REF_COLUMNS, refOf, toWhere, Values } from './values';

export interface PageRequest {
  collection: string;
  filter: CheckedFilter;
  /** An id; undefined: from the first. */
  after: string | undefined;
  limit: number;
  timeoutMs: number;
}

/** The points with an id above `after`, in the order of ids. */
export async function readPage(
  database: VectorDatabase,
  tables: Tables,
  { collection, filter, after, limit, timeoutMs }: PageRequest,
): Promise<PointRef[]> {
  const values = new Values();
  const where = toWhere(filter, values);
  const above = after === undefined ? '' : `AND id > ${values.add(after)}::uuid`;
  const rows = await database.run(
    `SELECT ${REF_COLUMNS} FROM ${tables.name(collection)} WHERE ${where} ${above} ORDER BY id LIMIT ${limit}`,
    values.list,
    { timeoutMs, collection },
  );
  return rows.map(refOf);
}
