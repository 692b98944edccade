/** Milliseconds after the last write at which upkeep is considered. */
const IDLE_MS = 2_000;
/** Number of writes after which it is considered at the latest. */
const WRITES = 16;

interface Lane {
  tail: Promise<unknown>;
  writes: number;
  timer?: NodeJS.Timeout;
}

/**
 * Serialises this process's writes to a collection: concurrent ones would only conflict. Upkeep is queued among them, so that it is not
 * starved.
 */
export class WriteQueue {
  private readonly lanes = new Map<string, Lane>();
  private closed = false;

  /** Runs `work` after everything that was queued for the collection before. */
  run<T>(collection: string, work: () => Promise<T>): Promise<T> {
    const lane = this.lane(collection);
    const result = lane.tail.then(work);
    lane.tail = result.catch(() => undefined);
    return result;
  }

  /** Runs `upkeep` after every few writes, and when writing has paused. A failure is retried the next time. */
  whenDue(collection: string, upkeep: () => Promise<void>): void {
    if (this.closed) return;
    const lane = this.lane(collection);
    lane.writes += 1;
    const now = (): void => {
      clearTimeout(lane.timer);
      lane.timer = undefined;
      lane.writes = 0;
      if (!this.closed) this.run(collection, upkeep).catch(() => undefined);
    };
    clearTimeout(lane.timer);
    if (lane.writes >= WRITES) {
      now();
      return;
    }
    lane.timer = setTimeout(now, IDLE_MS);
    lane.timer.unref();
  }

  /** Waits for work in progress; no further work starts. */
  async close(): Promise<void> {
    this.closed = true;
    for (const lane of this.lanes.values()) clearTimeout(lane.timer);
    await Promise.all([...this.lanes.values()].map(({ tail }) => tail));
  }

  private lane(collection: string): Lane {
    let lane = this.lanes.get(collection);
    if (!lane) {
      lane = { tail: Promise.resolve(), writes: 0 };
      this.lanes.set(collection, lane);
    }
    return lane;
  }
}
