import { Random } from '@perennial/e2e/support/random';
import type { Nemesis } from './nemesis';

/** One fault of a plan. Its number and the plan's seed decide everything about it, so that it is the same without the others. */
export interface PlannedFault {
  number: number;
  nemesis: Nemesis;
  /** Before it, in milliseconds. */
  gapMs: number;
  random: Random;
}

const GAP_MS = { least: 400, most: 1_600 };
/** Two streams of numbers of one seed must not meet. */
const SPREAD = 0x9e3779b1;

/** All faults of a seed, or only those with these numbers. */
export function* plan(seed: number, nemeses: readonly Nemesis[], only?: readonly number[]): Generator<PlannedFault> {
  if (only) for (const number of only) yield plannedFault(seed, number, nemeses);
  else for (let number = 0; ; number += 1) yield plannedFault(seed, number, nemeses);
}

/** The fault with this number: chosen by weight, every kind once within each round of as many faults as there are kinds. */
function plannedFault(seed: number, number: number, nemeses: readonly Nemesis[]): PlannedFault {
  const random = new Random(Math.imul(seed + 1, SPREAD) + number);
  const gapMs = random.between(GAP_MS.least, GAP_MS.most);
  return { number, gapMs, random, nemesis: chosen(seed, number, nemeses) };
}

/** Of every two faults one is by weight, and one takes its turn in a shuffled round, so that rare ones come too. */
function chosen(seed: number, number: number, nemeses: readonly Nemesis[]): Nemesis {
  const turn = Math.floor(number / 2);
  if (number % 2 === 1) {
    const round = Math.floor(turn / nemeses.length);
    return new Random(seed * 31 + round).shuffle(nemeses)[turn % nemeses.length] as Nemesis;
  }
  const random = new Random(Math.imul(seed + 7, SPREAD) ^ number);
  let left = random.next() * nemeses.reduce((sum, { weight }) => sum + weight, 0);
  return nemeses.find(({ weight }) => (left -= weight) < 0) ?? (nemeses[0] as Nemesis);
}
