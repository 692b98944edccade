import { VectorStoreError } from './errors';
import type { Point, PointFilter } from './types';

const NAME = /^[a-z][a-z0-9_]{0,39}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Neither quotes nor control characters, so that no id can inject into a store's query language. */
const ID = /^[\w.:-]{1,128}$/;
export const MAX_DIMENSION = 16_000;
const MAX_GENERATION = 2 ** 31 - 1;

function refuse(what: string): never {
  throw new VectorStoreError('INVALID', what);
}

/**
 * Each check throws `INVALID` when its argument is out of bounds, and never repeats a text or vector in the message.
 */
export function checkName(name: string): void {
  if (!NAME.test(name)) refuse('a collection name has lower-case letters, digits and "_", a letter first, at most 40');
}

export function checkDimension(dimension: number): void {
  checkInteger(dimension, 1, MAX_DIMENSION, 'the dimension');
}

export function checkInteger(value: number, min: number, max: number, what: string): void {
  if (!Number.isInteger(value) || value < min || value > max)
    refuse(`${what} must be a whole number from ${min} to ${max}`);
}

export function checkId(id: string): void {
  if (!UUID.test(id)) refuse('the id of a point must be a lower-case UUID');
}

export function checkPoint(point: Point): void {
  checkId(point.id);
  if (!ID.test(point.scope)) refuse('the scope of a point may have letters, digits and "_.:-", at most 128');
  if (!ID.test(point.fileId)) refuse('the file of a point may have letters, digits and "_.:-", at most 128');
  checkInteger(point.generation, 0, MAX_GENERATION, 'the generation of a point');
  checkInteger(point.ordinal, 0, MAX_GENERATION, 'the ordinal of a point');
}

export function checkFilter(filter: PointFilter): void {
  for (const id of [...(filter.scopes ?? []), ...(filter.fileIds ?? [])]) {
    if (!ID.test(id)) refuse('a filter names a scope or file that no point can have');
  }
  if (filter.generation !== undefined) checkInteger(filter.generation, 0, MAX_GENERATION, 'a generation');
  if (filter.generationBelow !== undefined) checkInteger(filter.generationBelow, 0, MAX_GENERATION, 'a generation');
}

/** Whether no point can match: an empty list never means "all". */
export function matchesNothing(filter: PointFilter): boolean {
  return filter.scopes?.length === 0 || filter.fileIds?.length === 0;
}

/** A copy of length 1, so that every store computes the cosine as an inner product; zeros stay zeros. */
export function unitVector(vector: Float32Array | readonly number[]): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  if (!Number.isFinite(sum)) refuse('a vector has a component that is not a finite number');
  const scale = sum === 0 ? 0 : 1 / Math.sqrt(sum);
  const unit = new Float32Array(vector.length);
  for (let i = 0; i < unit.length; i += 1) unit[i] = (vector[i] ?? 0) * scale;
  return unit;
}
