import { Random } from '@perennial/e2e/support/random';
import { NEMESES } from '../nemeses/all';
import type { NemesisName } from '../nemeses/outages';
import type { PlannedFault } from '../nemeses/plan';

const GAP_MS = { least: 400, most: 1_600 };
/** One of so many single kills is that of a gateway: there are as many services. */
const SERVICES = 5;

/** Once each, beside the single kills. */
const REST: readonly NemesisName[] = [
  'kill two',
  'kill all workers',
  'kill all of a service',
  'pause a worker for long',
  'redis restarts empty',
  'redis is emptied',
  'redis is full',
  'postgres restarts',
];

/** `kills` kills of single processes, every other one of the owner of a turn, and one of each of the others, shuffled. */
export function failoverPlan(seed: number, kills: number): PlannedFault[] {
  const random = new Random(seed);
  const single = Array.from({ length: kills }, (_, at): NemesisName => {
    if (at % 2 === 1) return 'kill an owner';
    return (at / 2) % SERVICES === 0 ? 'kill a gateway' : 'kill one';
  });
  return random.shuffle([...single, ...REST]).map((name, number) => {
    const nemesis = NEMESES.find((each) => each.name === name);
    if (!nemesis) throw new Error(`there is no fault ${name}`);
    return { number, nemesis, gapMs: random.between(GAP_MS.least, GAP_MS.most), random: random.fork() };
  });
}
