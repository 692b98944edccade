import type { Where } from 'chromadb';
import type { CheckedFilter } from '../driver';
import type { PointRef } from '../types';

/** What Chroma keeps beside a vector. */
export interface Metadata {
  scope: string;
  file: string;
  generation: number;
  ordinal: number;
  /** The beginning of the id as a number, by which records are read in the order of ids: Chroma knows no order of its own. */
  place: number;
  [key: string]: string | number;
}

/** Places are below this: 48 bits, which a number of JavaScript holds. */
export const PLACES = 2 ** 48;

/** Ids are version 5 UUIDs: their places are spread evenly. */
export function placeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

export function metadataOf({ id, scope, fileId, generation, ordinal }: PointRef): Metadata {
  return { scope, file: fileId, generation, ordinal, place: placeOf(id) };
}

export function refOf(id: string, metadata: unknown): PointRef {
  const { scope, file, generation, ordinal } = metadata as Metadata;
  return { id, scope, fileId: file, generation, ordinal };
}

/** @param places the half-open range of places */
export function toWhere(
  { scopes, fileIds, generation, generationBelow }: CheckedFilter,
  places?: { from: number; to: number },
): Where | undefined {
  const conditions: Where[] = [];
  if (scopes) conditions.push({ scope: { $in: [...scopes] } });
  if (fileIds) conditions.push({ file: { $in: [...fileIds] } });
  if (generation !== undefined) conditions.push({ generation: { $eq: generation } });
  if (generationBelow !== undefined) conditions.push({ generation: { $lt: generationBelow } });
  if (places) conditions.push({ place: { $gte: places.from } }, { place: { $lt: places.to } });
  return conditions.length > 1 ? { $and: conditions } : conditions[0];
}
