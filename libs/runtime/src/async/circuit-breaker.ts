export interface BreakerOptions {
  /** Consecutive failures that open it. */
  failures: number;
  /** How long it stays open the first time, in milliseconds; doubled after each probe that fails. */
  openMs: number;
  /** The longest it stays open. */
  maxOpenMs: number;
  /** Whether an error says that the other side is away; one that refuses a request does answer. */
  isAway(error: unknown): boolean;
  /** Whether an error says nothing about the other side (the caller has stopped): it neither counts nor closes. By default none does. */
  saysNothing?(error: unknown): boolean;
  /** The error of a call that is not made. */
  refusal(retryAfterMs: number): Error;
  /** Milliseconds of a monotonic clock. */
  now?: () => number;
}

export const DEFAULT_BREAKER: Pick<BreakerOptions, 'failures' | 'openMs' | 'maxOpenMs'> = {
  failures: 5,
  openMs: 1_000,
  maxOpenMs: 15_000,
};

export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * A circuit breaker: callers do not wait for a server that is away, and one that returns is not overloaded. After some consecutive
 * failures every call fails at once; after a while one call is let through, and its outcome decides.
 */
export class CircuitBreaker {
  private failures = 0;
  private openUntil: number | undefined;
  private openMs: number;
  /** The call that is let through while open; its outcome decides. */
  private trial?: symbol;
  private readonly now: () => number;

  constructor(private readonly options: BreakerOptions) {
    this.openMs = options.openMs;
    this.now = options.now ?? (() => performance.now());
  }

  get state(): BreakerState {
    if (this.openUntil === undefined) return 'closed';
    return this.trial || this.now() >= this.openUntil ? 'half-open' : 'open';
  }

  /**
   * Runs `work` unless the breaker is open.
   *
   * @param work calls `answered` when the other side has begun to answer, if its answer takes long: what comes after it decides nothing
   * @param probe lets the call through even while open (for health checks)
   * @throws the refusal at once while open
   */
  async run<T>(work: (answered: () => void) => Promise<T>, { probe = false } = {}): Promise<T> {
    const trial = this.admit(probe);
    let isDecided = false;
    const answered = (): void => {
      if (isDecided) return;
      isDecided = true;
      this.close();
    };
    try {
      const result = await work(answered);
      answered();
      return result;
    } catch (error) {
      if (!isDecided) this.judge(error, trial !== undefined);
      throw error;
    } finally {
      if (trial !== undefined && this.trial === trial) this.trial = undefined;
    }
  }

  /** The mark of the trial, if this call is the one. */
  private admit(probe: boolean): symbol | undefined {
    if (this.openUntil === undefined) return undefined;
    const left = this.openUntil - this.now();
    if (!this.trial && (left <= 0 || probe)) return (this.trial = Symbol('trial'));
    if (probe) return undefined;
    throw this.options.refusal(Math.max(50, Math.ceil(left)));
  }

  private judge(error: unknown, isTrial: boolean): void {
    if (this.options.saysNothing?.(error)) return;
    if (this.options.isAway(error)) this.failed(isTrial);
    else this.close();
  }

  private close(): void {
    this.trial = undefined;
    this.failures = 0;
    this.openUntil = undefined;
    this.openMs = this.options.openMs;
  }

  private failed(trial: boolean): void {
    this.failures += 1;
    // Calls that began before it opened prove nothing new.
    if (this.openUntil !== undefined && !trial) return;
    if (this.openUntil === undefined && this.failures < this.options.failures) return;
    if (trial) this.openMs = Math.min(this.options.maxOpenMs, this.openMs * 2);
    // Jitter, so that replicas do not return all at once.
    this.openUntil = this.now() + this.openMs * (0.75 + Math.random() * 0.5);
  }
}
