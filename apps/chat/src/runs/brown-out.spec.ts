import { Runtime } from '@perennial/runtime';
import { describe, expect, it } from 'vitest';
import { BrownOut, type ModelWork, shareOf } from './brown-out';

const ORDER: ModelWork[] = ['follow_ups', 'title', 'queries', 'answer'];

describe('work under load', () => {
  const given = new BrownOut(new Runtime({ name: 'chat', logLevel: 'silent' }));
  const admitted = (load: number): ModelWork[] => {
    given.load = () => load;
    return ORDER.filter((work) => given.admits(work));
  };

  it('is given up in an order: follow-ups, titles, search queries, and never answers', () => {
    expect(admitted(0.5)).toEqual(['follow_ups', 'title', 'queries', 'answer']);
    expect(admitted(0.65)).toEqual(['title', 'queries', 'answer']);
    expect(admitted(0.75)).toEqual(['queries', 'answer']);
    expect(admitted(0.9)).toEqual(['answer']);
    expect(admitted(1)).toEqual(['answer']);
  });

  it('leaves the last places of a connection to answers, and one to each if there is only one', () => {
    expect(ORDER.map((work) => shareOf(work, 20))).toEqual([12, 14, 17, 20]);
    expect(ORDER.map((work) => shareOf(work, 1))).toEqual([1, 1, 1, 1]);
  });
});
