import { setTimeout as sleep } from 'node:timers/promises';

/** Spreads points over time. */
export class Pace {
  private freeAt = 0;

  /** @param perSecond points, on average from the first on */
  constructor(private readonly perSecond: number) {}

  /**
   * Waits until these points may be written.
   *
   * @throws the signal's reason
   */
  async take(points: number, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const waitMs = this.freeAt - now;
    this.freeAt = Math.max(this.freeAt, now) + (points / this.perSecond) * 1_000;
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
