import { type Point, pointId, type VectorStore } from '../src';

/** A direction in space, of any length. */
export function randomVector(random: () => number, dimension: number): Float32Array {
  return Float32Array.from({ length: dimension }, () => {
    // Two uniform numbers make a normal one, so that all directions are equally likely.
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  });
}

export interface PointOverrides extends Partial<Omit<Point, 'id'>> {
  dimension?: number;
  random?: () => number;
}

/** A valid point; override what matters. */
export function point(overrides: PointOverrides = {}): Point {
  const { dimension = 8, random = Math.random, ...given } = overrides;
  const ref = { scope: 'base-1', fileId: 'file-1', generation: 1, ordinal: 0, ...given };
  return {
    ...ref,
    id: pointId(ref),
    vector: given.vector ?? randomVector(random, dimension),
    text: given.text ?? 'The quick brown fox jumps over the lazy dog.',
  };
}

/** A file's worth of points. */
export function points(count: number, overrides: PointOverrides = {}): Point[] {
  return Array.from({ length: count }, (_, ordinal) => point({ ...overrides, ordinal }));
}

/** The definition of `similarity`. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    product += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return lengthA === 0 || lengthB === 0 ? 0 : product / Math.sqrt(lengthA * lengthB);
}

/** The ids of the nearest points, by comparing with all. */
export function nearest(all: readonly Point[], vector: ArrayLike<number>, limit: number): string[] {
  return all
    .map(({ id, vector: other }) => ({ id, similarity: cosine(other, vector) }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, limit)
    .map(({ id }) => id);
}

/** Every id of a scroll, in order. */
export async function scrolled(store: VectorStore, collection: string, limit = 500): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await store.scroll(collection, { cursor, limit });
    ids.push(...page.points.map(({ id }) => id));
    cursor = page.cursor;
    if (cursor === undefined) return ids;
  }
}
