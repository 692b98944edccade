import type { Exchange } from './attack';
import type { Sample } from './bystander';

const SHOWN = 20;

export const failed = ({ status }: Sample): boolean => status !== 200;

export const slowestMs = (samples: readonly Sample[]): number => Math.max(0, ...samples.map(({ ms }) => ms));

/**
 * Describes a run, to find the cause of a judge's verdict.
 *
 * @param startedAt of the run, in epoch milliseconds
 */
export function report(exchanges: readonly Exchange[], samples: readonly Sample[], startedAt: number): string[] {
  const clock = (at: number): string => `${((at - startedAt) / 1000).toFixed(1)} s`;
  const slowest = samples.reduce<Sample | undefined>(
    (worst, each) => (each.ms > (worst?.ms ?? -1) ? each : worst),
    undefined,
  );
  return [
    `answered ${counted(exchanges.map(({ status }) => String(status))).join(', ')}`,
    ...counted(exchanges.filter(({ status }) => status >= 500).map(({ status, name }) => `${status} ${name}`)).slice(
      0,
      SHOWN,
    ),
    ...samples
      .filter(failed)
      .slice(0, SHOWN)
      .map(({ what, status, startedAt: at }) => `a bystander's GET ${what} at ${clock(at)} was answered ${status}`),
    ...(slowest === undefined ? [] : whatHeldUp(slowest, exchanges, clock)),
  ];
}

function whatHeldUp(
  { what, ms, startedAt }: Sample,
  exchanges: readonly Exchange[],
  clock: (at: number) => string,
): string[] {
  const meanwhile = exchanges.filter(({ from, to }) => to > startedAt && from < startedAt + ms);
  return [
    `a bystander waited ${ms} ms at most, at ${clock(startedAt)}, for GET ${what}; meanwhile:`,
    ...meanwhile
      .slice(0, SHOWN)
      .map(({ name, from, to, status }) => `    ${from - startedAt} to ${to - startedAt} ms: ${name}: ${status}`),
  ];
}

/** Each word with its count, the most frequent first. */
function counted(words: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const word of words) times.set(word, (times.get(word) ?? 0) + 1);
  return [...times].sort(([, a], [, b]) => b - a).map(([word, count]) => `${count} × ${word}`);
}
