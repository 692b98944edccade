/** How long after the last write upkeep is looked at, in milliseconds. */
const IDLE_MS = 2_000;
/** And after how many writes at the latest. */
const WRITES = 16;

interface Lane {
  tail: Promise<unknown>;
  writes: number;
  timer?: NodeJS.Timeout;
}

/**
 * The writes of this process to one collection, one after the other: two at once would only conflict. Upkeep takes its turn
 * among them, so that it is not outrun by them for ever.
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

  /** Runs `upkeep` after every few writes, and when writing has paused. A failure is left to the next time. */
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

  /** Waits for what has begun; nothing further begins by itself. */
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
