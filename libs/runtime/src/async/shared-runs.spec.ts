import { describe, expect, it } from 'vitest';
import { SharedRuns } from './shared-runs';

describe('shared runs', () => {
  it('callers during a run share the next one, which begins after it', async () => {
    const ends: (() => void)[] = [];
    const runs = new SharedRuns(() => new Promise<void>((resolve) => ends.push(resolve)));
    const first = runs.run();
    await Promise.resolve();
    const others = Promise.all([runs.run(), runs.run(), runs.run()]);
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await first;
    await expect.poll(() => ends.length).toBe(2);
    ends[1]?.();
    await others;
    expect(ends).toHaveLength(2);
  });

  it('a failure is for the callers of its run only', async () => {
    let fails = true;
    const runs = new SharedRuns(() => (fails ? Promise.reject(new Error('away')) : Promise.resolve()));
    await expect(runs.run()).rejects.toThrow('away');
    fails = false;
    await runs.run();
  });
});
