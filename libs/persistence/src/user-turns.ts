import { CallError } from '@perennial/contracts-kernel';

interface Bounds {
  /** Most running works of one user. */
  running: number;
  /** Most waiting works of one user. */
  waiting: number;
}

interface Turns {
  running: number;
  waiting: (() => void)[];
}

/** Limits the concurrency of each user: more works wait in order, up to a limit. */
export class UserTurns {
  private readonly users = new Map<string, Turns>();

  constructor(private readonly bounds: Bounds) {}

  /** @throws CallError RESOURCE_EXHAUSTED when too many wait already; the signal's reason when it aborts while this one waits */
  async take<T>(userId: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const turns = this.users.get(userId) ?? { running: 0, waiting: [] };
    this.users.set(userId, turns);
    if (turns.running < this.bounds.running) turns.running += 1;
    else await this.wait(turns, signal);
    try {
      return await work();
    } finally {
      // The longest waiting one gets the place.
      const next = turns.waiting.shift();
      if (next) next();
      else turns.running -= 1;
      if (turns.running === 0) this.users.delete(userId);
    }
  }

  private async wait(turns: Turns, signal: AbortSignal): Promise<void> {
    if (turns.waiting.length >= this.bounds.waiting) {
      throw new CallError(
        'RESOURCE_EXHAUSTED',
        'Too many of your requests of this kind are running. Try again in a moment.',
        {
          retryAfter: 1,
        },
      );
    }
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        turns.waiting.splice(turns.waiting.indexOf(go), 1);
        reject(signal.reason as Error);
      };
      turns.waiting.push(go);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
