/**
 * Limits concurrency, first come, first served, also across several calls: later work starts as earlier work ends. After a failure no further
 * work starts, and running work ends by itself.
 */
export class ConcurrencyLimiter {
  private readonly waiting: (() => void)[] = [];
  private free: number;
  private ended: { reason: unknown } | undefined;

  constructor(size: number) {
    this.free = size;
  }

  /** @throws the error of `work`, or the reason for which no more work starts */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      if (this.ended) throw this.ended.reason;
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }

  /**
   * The results of `work` for the items, in their order. Rejects with the first failure; no further work starts then.
   */
  map<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    return Promise.all(items.map((item) => this.run(() => work(item).catch(this.fail))));
  }

  /** Starts no further work. The first reason stays. */
  end(reason: unknown): void {
    this.ended ??= { reason };
  }

  /** For a `catch` within {@link run}, before the slot is released: ends the limiter, and rethrows. */
  readonly fail = (error: unknown): never => {
    this.end(error);
    throw error;
  };
}
