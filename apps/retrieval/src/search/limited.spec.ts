import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapLimited } from './limited';

describe('mapLimited', () => {
  it('keeps the order, and no more at once than it may', async () => {
    let running = 0;
    let most = 0;
    const results = await mapLimited([3, 1, 2, 0], 2, async (n) => {
      most = Math.max(most, ++running);
      await sleep(n);
      running -= 1;
      return n * 10;
    });
    expect({ results, most }).toEqual({ results: [30, 10, 20, 0], most: 2 });
    expect(await mapLimited([], 2, () => Promise.resolve(1))).toEqual([]);
  });

  it('begins nothing more after a failure', async () => {
    const begun: number[] = [];
    await expect(
      mapLimited([1, 2, 3], 1, (n) => {
        begun.push(n);
        return n === 2 ? Promise.reject(new Error('broke')) : Promise.resolve();
      }),
    ).rejects.toThrow('broke');
    expect(begun).toEqual([1, 2]);
  });
});
