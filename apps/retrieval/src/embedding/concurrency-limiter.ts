/**
 * At most so many pieces of work at once, first come, first served, also when they come from several calls: what comes later goes on where
 * what came before runs out. After a failure nothing more begins, and what is under way ends by itself.
 */
export class ConcurrencyLimiter {
  private readonly waiting: (() => void)[] = [];
  private free: number;
  private ended: { reason: unknown } | undefined;

  constructor(size: number) {
    this.free = size;
  }

  /** @throws what `work` throws, or the reason for which no more work begins */
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

  /** Lets nothing more begin. The first reason stays. */
  end(reason: unknown): void {
    this.ended ??= { reason };
  }

  /** For a `catch` within {@link run}, where it is said before the slot is free: ends them, and throws on. */
  readonly fail = (error: unknown): never => {
    this.end(error);
    throw error;
  };
}
