import { expect, it } from 'vitest';
import { Pace } from './pace';

function restOf(busy: number, answers: number): number {
  const pace = new Pace(() => busy);
  let rest = 0;
  for (let looks = 0; looks < 30; looks += 1) rest = pace.next(answers);
  return rest;
}

it('no rest on an idle machine, and on a busy one longer with more answers', () => {
  expect([1, 200, 5_000].map((answers) => restOf(0.2, answers))).toEqual([20, 20, 20]);
  expect([1, 10, 50, 200, 5_000].map((answers) => restOf(0.9, answers))).toEqual([21, 26, 50, 80, 80]);
  expect(restOf(0.4, 200)).toBeGreaterThan(restOf(0.3, 200));
});

it('measures this machine', () => {
  const pace = new Pace();
  const until = performance.now() + 50;
  while (performance.now() < until);
  const rest = pace.next(1_000);
  expect(rest).toBeGreaterThanOrEqual(20);
  expect(rest).toBeLessThanOrEqual(90);
});
