import { describe, expect, it } from 'vitest';
import { fitting } from './fitting';
import type { ScoredChunk } from './sources';

const MODEL = { engine: 'openai', model: 'm' } as const;
const chunk = (id: string, text: string): ScoredChunk => ({
  id,
  fileId: 'f',
  generation: 1,
  ordinal: 0,
  userId: 'u',
  name: 'f.txt',
  text,
  page: null,
  pageLabel: null,
  startSeconds: null,
  heading: null,
  start: 0,
  hash: id,
  similarity: 0.5,
  score: 0.5,
});
const idsOf = (lists: readonly (readonly ScoredChunk[])[]) => lists.map((list) => list.map(({ id }) => id));
const list = (name: string, count: number, length: number) =>
  Array.from({ length: count }, (_, n) => chunk(`${name}${n}`, 'x'.repeat(length)));

describe('fitting chunks into a reply', () => {
  it('takes all chunks if they fit', () => {
    const lists = [list('a', 3, 1_000), [], list('b', 2, 1_000)];
    expect(fitting(lists, MODEL)).toEqual({ lists, truncated: false });
    expect(fitting([], MODEL)).toEqual({ lists: [], truncated: false });
  });

  it('takes the best of each list before the second of any, and reports the truncation', () => {
    const { lists, truncated } = fitting(
      [list('a', 9, 10_000), list('b', 1, 10_000), list('c', 9, 10_000)],
      MODEL,
      45_000,
    );
    expect(idsOf(lists)).toEqual([['a0', 'a1'], ['b0'], ['c0']]);
    expect(truncated).toBe(true);
  });

  it('counts characters as encoded in JSON', () => {
    const lists = [[chunk('a', '\u0001'.repeat(1_000)), chunk('b', 'x')]];
    expect(idsOf(fitting(lists, MODEL, 6_250).lists)).toEqual([['a']]);
    expect(idsOf(fitting(lists, MODEL, 5_500).lists)).toEqual([[]]);
  });
});
