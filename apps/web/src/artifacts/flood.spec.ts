import { expect, it } from 'vitest';
import { Flood } from './flood';

it('a flood is more than may come in a second, however long what is less goes on', () => {
  const flood = new Flood(3);
  const times = [0, 10, 999, 1_000, 1_001, 1_500, 2_000, 2_001, 2_002, 2_003, 9_000];
  expect(times.filter((now) => flood.has(now))).toEqual([2_003]);
});
