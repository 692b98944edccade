import { setTimeout as sleep } from 'node:timers/promises';
import { send } from './http';

/** One request of a well-behaved user. */
export interface Sample {
  what: string;
  status: number;
  ms: number;
  /** Epoch milliseconds. */
  startedAt: number;
}

export interface BystanderOptions {
  baseUrl: string;
  token: string;
  /** Read again and again, each in its turn. */
  paths: readonly string[];
}

const EVERY_MS = 50;

/**
 * Sends requests on a schedule, without waiting for earlier replies, so that a stall affects all requests in it. Ends with the signal.
 */
export async function beBystander(
  { baseUrl, token, paths }: BystanderOptions,
  signal: AbortSignal,
  onSample: (sample: Sample) => void,
): Promise<void> {
  const pending = new Set<Promise<void>>();
  for (let turn = 0; !signal.aborted; turn += 1) {
    const what = paths[turn % paths.length] as string;
    const startedAt = Date.now();
    const started = performance.now();
    const asked = send({ method: 'GET', url: baseUrl + what, headers: { authorization: `Bearer ${token}` } }).then(
      ({ status }) => onSample({ what, status, ms: Math.round(performance.now() - started), startedAt }),
    );
    pending.add(asked);
    void asked.finally(() => pending.delete(asked));
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(pending);
}
