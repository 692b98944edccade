import { AsyncResource } from 'node:async_hooks';

/**
 * Milliseconds between two wake-ups for repeated work. The step differs between processes, so that replicas that start together drift apart.
 */
const STEP_MS = 230 + Math.round(Math.random() * 20);

/** Share of a step by which work may be late. It is early rather than late, because an interval is an upper bound. */
const LATEST = 0.25;

/** Work by the moment at which it is due, counted in steps. */
const due = new Map<number, Set<() => void>>();
let timer: NodeJS.Timeout | undefined;
let wakesAt = Infinity;

/**
 * Calls `work` once after about `delayMs`, at most a quarter of a step late, together with other work of this process: an idle process wakes
 * a few times a second instead of once for each timer. A delay below one step is exact to the millisecond. Like an `unref`ed timer it does
 * not keep the process alive.
 *
 * @returns cancels it
 */
export function wakeAfter(delayMs: number, work: () => void): () => void {
  if (delayMs < STEP_MS) {
    const single = setTimeout(work, delayMs).unref();
    return () => clearTimeout(single);
  }
  const at = Math.floor((performance.now() + delayMs) / STEP_MS + LATEST);
  // The timer is created in the context of the first caller; bind each work to its own.
  const bound = AsyncResource.bind(work);
  const others = due.get(at);
  if (others) others.add(bound);
  else due.set(at, new Set([bound]));
  if (at < wakesAt) arm(at);
  return () => {
    const moment = due.get(at);
    if (!moment?.delete(bound) || moment.size > 0) return;
    due.delete(at);
    if (at === wakesAt) armNext();
  };
}

/**
 * Calls `work` about every `ms`, as `wakeAfter`.
 *
 * @returns stops it
 */
export function wakeEvery(ms: number, work: () => void): () => void {
  const again = (): void => {
    cancel = wakeAfter(ms, again);
    work();
  };
  let cancel = wakeAfter(ms, again);
  return () => cancel();
}

function arm(at: number): void {
  clearTimeout(timer);
  wakesAt = at;
  timer = setTimeout(wake, Math.max(1, Math.ceil(at * STEP_MS - performance.now()))).unref();
}

function armNext(): void {
  clearTimeout(timer);
  wakesAt = Infinity;
  if (due.size > 0) arm(Math.min(...due.keys()));
}

function wake(): void {
  // Half a step early counts as now: a timer may fire a millisecond early.
  const now = Math.round(performance.now() / STEP_MS);
  const moments = [...due.keys()].filter((at) => at <= now).sort((a, b) => a - b);
  const works = moments.flatMap((at) => [...(due.get(at) ?? [])]);
  for (const at of moments) due.delete(at);
  armNext();
  for (const work of works) runApart(work);
}

/** A failure does not affect other work; it is rethrown as if from a timer of its own. */
function runApart(work: () => void): void {
  try {
    work();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
