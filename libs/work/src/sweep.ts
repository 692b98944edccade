import type { Interval, Runtime } from '@perennial/runtime';

const SWEEP_MS = 1_000;

/**
 * Repairs by state, once a second, after crashes and an emptied Redis. Every process sweeps; the statements of `work` prevent conflicts.
 *
 * @param work is told whether Redis was unavailable since it last succeeded: then every job may be lost
 */
export function sweep(
  runtime: Runtime,
  queue: { onBack(listener: () => void): void },
  name: string,
  work: (forgotten: boolean) => Promise<void>,
): Interval {
  let forgotten = false;
  const interval = runtime.every(
    SWEEP_MS,
    async () => {
      const before = forgotten;
      forgotten = false;
      try {
        await work(before);
      } catch (error) {
        forgotten ||= before;
        throw error;
      }
    },
    { name, jitter: 0.3 },
  );
  queue.onBack(() => {
    forgotten = true;
    interval.trigger();
  });
  return interval;
}
