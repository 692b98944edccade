import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES } from '@perennial/launcher';
import type { Nemesis } from './nemesis';

const FULL_MS = 4_000;
const WRONG_MS = 5_000;

/** Faults of the machine below a process. */
export const MACHINE_NEMESES: readonly Nemesis[] = [
  {
    name: 'a clock is wrong',
    weight: 3,
    missing: ({ clocks }) => (clocks ? undefined : 'libfaketime is missing'),
    async apply({ ground: { clocks } }, random) {
      // Only the first replica of each service has a clock of its own. Clocks may differ by ten minutes (docs/operations.md).
      const instance = `${random.pick(SERVICES)}-1`;
      const seconds = random.pick([-540, -30, -2, 2, 30, 540]);
      clocks?.set(instance, seconds);
      await sleep(WRONG_MS);
      clocks?.set(instance, 0);
      return `the clock of ${instance} is ${seconds} s off for ${WRONG_MS} ms`;
    },
  },
  {
    name: 'the disk is full',
    weight: 1,
    missing: ({ disk }) => (disk ? undefined : 'nothing can be mounted'),
    async apply({ ground: { disk } }) {
      await disk?.fill();
      await sleep(FULL_MS);
      await disk?.empty();
      return `the disk is full for ${FULL_MS} ms`;
    },
  },
];
