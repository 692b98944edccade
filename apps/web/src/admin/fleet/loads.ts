import type { FleetProcess } from './fleet-health';

/** Readings that a curve shows: about a minute of them. */
export const READINGS = 80;

/** The latest shares of a core of each process, the oldest first, by `processKey`. */
export type Loads = ReadonlyMap<string, readonly number[]>;

/** One start of one process. */
export function processKey({ service, instance, started_at: startedAt }: FleetProcess): string {
  return `${service} ${instance} ${startedAt}`;
}

/** The former readings with those of now; processes that are not listed any more are forgotten. */
export function remember(former: Loads | undefined, processes: readonly FleetProcess[]): Loads {
  return new Map(
    processes.map((process) => {
      const key = processKey(process);
      const readings = former?.get(key) ?? [];
      const { load, state } = process;
      const isLive = load !== null && state !== 'gone' && state !== 'silent';
      return [key, isLive ? [...readings, load.cpu].slice(-READINGS) : readings];
    }),
  );
}

/** The points of a curve in a box of `width` × `height`, the latest at its end; a whole core is its top. */
export function curve(readings: readonly number[], width: number, height: number): string {
  const step = width / (READINGS - 1);
  const first = READINGS - readings.length;
  return readings
    .map((share, at) => {
      const y = height - Math.min(1, Math.max(0, share)) * (height - 1) - 0.5;
      return `${((first + at) * step).toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}
