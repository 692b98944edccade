import { describe, expect, it } from 'vitest';
import type { WordHit } from './driver';
import { fuse } from './fusion';
import type { Hit } from './types';

const ref = (ordinal: number) => ({ id: `id-${ordinal}`, scope: 'base', fileId: 'file', generation: 1, ordinal });
const near = (ordinal: number, similarity: number): Hit => ({ ...ref(ordinal), similarity, score: similarity });
const worded = (ordinal: number, matched: string[], score = 1, similarity = 0.1): WordHit => ({
  ...ref(ordinal),
  similarity,
  score,
  matched,
});
const meaning = Array.from({ length: 20 }, (_, at) => near(at, 0.8 - at * 0.01));
const ordinals = (hits: readonly Hit[]): number[] => hits.map(({ ordinal }) => ordinal);

describe('fuse', () => {
  it('puts a hit with all terms above those that are only near', () => {
    expect(ordinals(fuse(meaning, [worded(55, ['e204', 'fault'])], [['e204'], ['fault']], 0.5))[0]).toBe(55);
  });

  it('leaves the order to the meaning if the words are there by chance', () => {
    const terms = [['vacation'], ['mon', 'month'], ['boss'], ['allowed']];
    expect(ordinals(fuse(meaning, [worded(55, ['month'], 9)], terms, 0.5)).slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
  });

  it('counts a term once, in whichever forms it is there', () => {
    const hits = fuse([], [worded(1, ['seals', 'seal']), worded(2, ['seal'])], [['seals', 'seal']], 1);
    expect(hits.map(({ score }) => score)).toEqual([1, 1]);
  });

  it('weighs rare terms more', () => {
    const words = [...Array.from({ length: 10 }, (_, at) => worded(at, ['line'])), worded(20, ['e204'])];
    expect(ordinals(fuse([], words, [['line'], ['e204']], 1))[0]).toBe(20);
  });

  it('ignores pairs of characters that are in no text', () => {
    const [hit] = fuse([], [worded(1, ['网上', '专家'])], [['怎么'], ['么在'], ['网上'], ['上约'], ['专家']], 1);
    expect(hit?.score).toBe(1);
    expect(fuse([], [worded(1, ['seal'])], [['seal'], ['unknown']], 1)[0]?.score).toBeLessThan(0.5);
  });

  it('orders equal shares by the score of the store', () => {
    expect(ordinals(fuse([], [worded(1, ['a'], 1), worded(2, ['a'], 3)], [['a']], 1))).toEqual([2, 1]);
  });

  it('is independent of the range of the cosines, and within 0 … 1', () => {
    const narrow = (similarity: number): number => 0.9 + similarity / 100;
    const terms = [['a'], ['b']];
    const wide = fuse(meaning, [worded(7, ['a'], 1, 0.73)], terms, 0.4);
    const small = meaning.map((hit) => near(hit.ordinal, narrow(hit.similarity)));
    expect(ordinals(fuse(small, [worded(7, ['a'], 1, narrow(0.73))], terms, 0.4))).toEqual(ordinals(wide));
    for (const { score } of wide) expect(score >= 0 && score <= 1).toBe(true);
  });

  it('survives halves without anything, and equal cosines', () => {
    expect(fuse([], [worded(1, [])], [['天気']], 1)).toMatchObject([{ score: 0 }]);
    expect(fuse([], [], [['a']], 0.5)).toEqual([]);
    expect(fuse([near(1, 0.5)], [], [['a']], 0.5)).toMatchObject([{ ordinal: 1, score: 0.25 }]);
    expect(ordinals(fuse([near(1, 0.5), near(2, 0.5)], [], [['a']], 0.5))).toEqual([1, 2]);
  });
});
