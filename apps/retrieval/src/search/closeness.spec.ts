import { expect, it } from 'vitest';
import { areAllFar } from './closeness';
import type { ScoredChunk } from './sources';

const KNOWN = { engine: '' as const, model: 'sentence-transformers/all-MiniLM-L6-v2' };
/** @param distance of the wire, 0 … 1 */
const chunk = (distance: number, more: Partial<ScoredChunk> = {}) =>
  ({ similarity: 2 * distance - 1, ...more }) as ScoredChunk;

it.each([
  ['all are far', [chunk(0.55), chunk(0.5)], true],
  ['one is close', [chunk(0.55), chunk(0.65)], false],
  ['one has the words of the question', [chunk(0.55), chunk(0.5, { words: 0.8 })], false],
  ['a few of the words do not count', [chunk(0.55, { words: 0.3 })], true],
  ['a reranker has judged them', [chunk(0.55, { relevance: 0.1 })], false],
  ['there are none', [], false],
])('%s', (_, chunks, expected) => {
  expect(areAllFar(chunks, KNOWN)).toBe(expected);
  expect(areAllFar(chunks, { ...KNOWN, model: 'never-measured' })).toBe(false);
});
