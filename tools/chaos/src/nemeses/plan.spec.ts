import { describe, expect, it } from 'vitest';
import { shrink } from '../shrink';
import { NEMESES } from './all';
import { plan, type PlannedFault } from './plan';

function first(count: number, seed: number, only?: readonly number[]): PlannedFault[] {
  const faults: PlannedFault[] = [];
  for (const fault of plan(seed, NEMESES, only)) {
    faults.push(fault);
    if (faults.length === count) break;
  }
  return faults;
}

const told = (faults: PlannedFault[]) =>
  faults.map(({ number, nemesis, gapMs, random }) => [number, nemesis.name, gapMs, random.next()]);

describe('the plan of a seed', () => {
  it('is always the same, and another one for another seed', () => {
    expect(told(first(50, 7))).toEqual(told(first(50, 7)));
    expect(told(first(50, 7))).not.toEqual(told(first(50, 8)));
  });

  it('has the same faults when others are left out', () => {
    const all = told(first(50, 7));
    expect(told(first(2, 7, [3, 41]))).toEqual([all[3], all[41]]);
  });

  it('has every kind', () => {
    const kinds = new Set(first(2 * NEMESES.length, 7).map(({ nemesis }) => nemesis.name));
    expect([...kinds].sort()).toEqual(NEMESES.map(({ name }) => name).sort());
  });
});

describe('a failing plan', () => {
  it('is shrunk to the faults that it needs', async () => {
    const tried: number[] = [];
    const faults = Array.from({ length: 40 }, (_, at) => at);
    const kept = await shrink(
      faults,
      (some) => {
        tried.push(some.length);
        return Promise.resolve(some.includes(11) && some.includes(30));
      },
      100,
    );
    expect(kept).toEqual([11, 30]);
    expect(tried.length).toBeLessThan(60);
  });

  it('is shrunk with no more runs than allowed', async () => {
    let runs = 0;
    const kept = await shrink(
      [1, 2, 3, 4, 5, 6, 7, 8],
      (some) => {
        runs += 1;
        return Promise.resolve(some.includes(1));
      },
      2,
    );
    expect(runs).toBe(2);
    expect(kept).toContain(1);
  });
});
