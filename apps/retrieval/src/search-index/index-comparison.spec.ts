import type { Hit } from '@perennial/vector-store';
import { expect, it } from 'vitest';
import { foundOf } from './index-comparison';

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
