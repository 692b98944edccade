import { setTimeout as sleep } from 'node:timers/promises';

/** Spreads work over time: points, bytes, whatever is counted. */
export class Pace {
  private freeAt = 0;

  /** @param perSecond on average from the first on */
  constructor(private readonly perSecond: number) {}

  /**
   * Waits until these may go.
   *
   * @throws the signal's reason
   */
  async take(count: number, signal?: AbortSignal): Promise<void> {
    const now = performance.now();
    const waitMs = this.freeAt - now;
    this.freeAt = Math.max(this.freeAt, now) + (count / this.perSecond) * 1_000;
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
