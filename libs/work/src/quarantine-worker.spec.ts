import { Runtime } from '@perennial/runtime';
import { afterEach, expect, it, vi } from 'vitest';
import { QuarantineWorker } from './quarantine-worker';

afterEach(() => void vi.restoreAllMocks());

/**
 * Starts a worker whose looks find the listed results, one after another, and then nothing. Resolves when `until` is met.
 */
function looked(finds: readonly boolean[], until: (looks: number, ended: boolean) => boolean): Promise<number> {
  return new Promise((resolve) => {
    let looks = 0;
    let ended = false;
    let isOver = false;
    const check = (): void => {
      isOver ||= until(looks, ended);
      if (isOver) resolve(looks);
    };
    vi.spyOn(process, 'kill').mockImplementation(() => {
      ended = true;
      check();
      return true;
    });
    const work = (): Promise<boolean> => {
      // A look that never returns is the last one.
      if (isOver) return new Promise(() => undefined);
      looks += 1;
      check();
      return Promise.resolve(finds[looks - 1] ?? false);
    };
    new QuarantineWorker(new Runtime({ name: 'chat', logLevel: 'silent' }), work).start();
  });
}

it('a quarantine process that finds nothing exits after its first look', async () => {
  expect(await looked([], (_, ended) => ended)).toBe(1);
});

it('one that had work waits for more', async () => {
  expect(await looked([true], (looks, ended) => ended || looks === 4)).toBe(4);
});
