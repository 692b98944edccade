import { type Hit, StoreUnavailableError, type VectorStore, VectorStores } from '@perennial/vector-store';
import { expect, it } from 'vitest';
import type { VectorIndex } from './index-catalog';
import { foundOf, IndexComparison } from './index-comparison';
import type { MovesRepository } from './moves.repository';

const answer = (...similarities: Record<string, number>[]): Hit[] =>
  similarities.flatMap((one) =>
    Object.entries(one).map(([id, similarity]) => ({
      ...{ id, similarity, score: similarity, scope: 's', fileId: 'f', generation: 1, ordinal: 0 },
    })),
  );
const hits = answer({ a: 0.9, b: 0.8, c: 0.8 });

it.each([
  ['the same', answer({ a: 0.9, b: 0.8, c: 0.8 }), 3],
  ['the same in another order', answer({ c: 0.8, a: 0.9, b: 0.8 }), 3],
  ['another one that is as good', answer({ a: 0.9, b: 0.8, x: 0.8 }), 3],
  ['one less', answer({ a: 0.9, b: 0.8 }), 2],
  ['worse ones', answer({ a: 0.9, x: 0.5, y: 0.4 }), 1],
  ['nothing', [], 0],
])('an answer with %s counts for what it finds', (_, other, found) => {
  expect(foundOf(hits, other)).toBe(found);
});

// Real: the comparison. Not real: the rows and the stores, of which one is away.
it.each([
  ['old', 'vectors', { code: 'UNAVAILABLE', message: 'The vector store "old": it is away' }],
  ['old', 'search', { code: 'UNAVAILABLE', message: 'The vector store "old": it is away' }],
  ['new', 'search', { name: 'StoreUnavailableError', message: 'it is away' }],
])('the store %s that is away in %s is the one that is blamed', async (away, where, error) => {
  const storeOf = (name: string): VectorStore => {
    const answer =
      <T>(method: string, result: T) =>
      async () => {
        if (name === away && method === where) throw new StoreUnavailableError('it is away');
        return result;
      };
    const vector = new Float32Array([1, 0]);
    return {
      vectors: answer('vectors', new Map([['id', vector]])),
      search: answer('search', hits),
    } as unknown as VectorStore;
  };
  const stores = new VectorStores({ named: new Map(['old', 'new'].map((name) => [name, storeOf(name)])) });
  const points = [{ scope: 's', fileId: 'f', generation: 1, ordinal: 0 }];
  const comparison = new IndexComparison({ sample: async () => points } as unknown as MovesRepository, stores);
  const index = (store: string): VectorIndex => ({ id: store, store, collection: 'c', model: 'm' }) as VectorIndex;
  await expect(comparison.sample(index('old'), index('new'), new AbortController().signal)).rejects.toMatchObject(
    error,
  );
});
