import { Runtime } from '@perennial/runtime';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { SuspectWatch } from './suspect-watch';

// For all tests at once: all repeated work of a process shares the same wake-ups.
beforeAll(() => void vi.useFakeTimers());
afterAll(() => void vi.useRealTimers());

/** A watch with so many suspected files; requests for processes are counted. */
function watching({ waiting = 0, paused = false }) {
  const world = { waiting, paused, asked: 0, provided: 0 };
  const watch = new SuspectWatch(
    {
      nextSuspect: () => {
        world.asked += 1;
        return Promise.resolve(world.waiting > 0 ? 'a file' : undefined);
      },
    },
    { isOn: () => Promise.resolve(world.paused) },
    { provide: () => void (world.provided += 1) },
    new Runtime({ name: 'retrieval', logLevel: 'silent' }),
  );
  watch.start();
  return Object.assign(world, { watch });
}
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_200);

it('requests a process until no suspected file waits, after one job', async () => {
  const world = watching({ waiting: 1 });
  world.watch.notice();
  await seconds(0.1);
  expect(world.provided).toBe(1);
  await seconds(3);
  expect(world.provided).toBeGreaterThan(2);
  world.waiting = 0;
  await seconds(1);
  const { asked, provided } = world;
  await seconds(5);
  expect([world.asked, world.provided]).toEqual([asked, provided]);
});

it('does nothing without a job, and starts nothing for a job without a suspected file', async () => {
  const world = watching({});
  await seconds(3);
  expect(world.asked).toBe(0);
  world.watch.notice();
  await seconds(3);
  expect([world.asked, world.provided]).toEqual([1, 0]);
});

it('waits while the embedder is paused, like each process would', async () => {
  const world = watching({ waiting: 1, paused: true });
  world.watch.notice();
  await seconds(3);
  expect(world.provided).toBe(0);
  world.paused = false;
  await seconds(1);
  expect(world.provided).toBeGreaterThan(0);
});
