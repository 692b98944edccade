import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Violation } from './check/violation';
import type { History } from './record/history';

/** Faults this long before a violation may be its cause. */
const BEFORE_MS = 15_000;

/** A violation in plain words: what was promised, what happened, and which faults were near. */
export function explain({ invariant, what, turn, from, to }: Violation, history: History): string[] {
  const at = (time: number): string => `${((time - history.startedAt) / 1_000).toFixed(1)} s`;
  const near = history.faults.filter((fault) => fault.from <= to && fault.to >= from - BEFORE_MS).slice(-8);
  return [
    `BROKEN: "${invariant}": ${what}`,
    `  ${turn === undefined ? '' : `turn ${turn}, `}from ${at(from)} to ${at(to)} of the run`,
    ...(near.length === 0
      ? ['  no fault was near: the product, or this checker, is wrong without one']
      : near.map((fault) => `  fault ${fault.number} from ${at(fault.from)} to ${at(fault.to)}: ${fault.what}`)),
  ];
}

/** Keeps a run on disk, with everything that the checker needs to judge it again. */
export function keepHistory(directory: string, history: History, violations: readonly Violation[]): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'history.json'), `${JSON.stringify(history)}\n`);
  writeFileSync(join(directory, 'violations.json'), `${JSON.stringify(violations, null, 2)}\n`);
}
