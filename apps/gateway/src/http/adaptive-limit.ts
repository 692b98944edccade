export interface AdaptiveLimitOptions {
  /** Never fewer, so that the limit can be measured and grow again. */
  least: number;
  most: number;
  /** The limit before anything is measured. */
  first: number;
  /** Milliseconds that a piece of work may take on average. */
  targetMs: number;
  /** Milliseconds of a monotonic clock. */
  now?: () => number;
}

/** Share of the limit that is left after a window that was too slow. */
const BACK_OFF = 0.8;
/** One decision for each window, because the samples of one moment say the same. */
const WINDOW_MS = 200;
/** With fewer samples a window goes on. */
const SAMPLES = 8;
/** A burst is absorbed: only a queue that stands is too long (as in CoDel). */
const SLOW_WINDOWS = 5;
/** Times the target: so slow that no further window is awaited. */
const MUCH_TOO_SLOW = 3;
/** A limit of which less than half was used for so long is halved, down to the first one: it says what was possible then. */
const UNUSED_MS = 5_000;
/** Up to what was possible once it grows again by this factor for each window that would be fast enough even with so many more (slow start). */
const REGROWTH = 1.5;

/**
 * A limit of concurrency that follows the measured capacity: additive increase while the work is fast enough and the places are used,
 * multiplicative decrease when it is too slow or is dropped (AIMD, as in TCP and in Netflix's concurrency-limits, `AIMDLimit`). By Little's law
 * the limit settles at capacity × target, whatever the capacity is at that moment. What is not used is forgotten, as in TCP (RFC 2861): a crowd that comes
 * after a quiet time is not admitted at once.
 */
export class AdaptiveLimit {
  private current: number;
  private active = 0;
  private most = 0;
  private samples = 0;
  private sumMs = 0;
  private hasDropped = false;
  private slowWindows = 0;
  private windowStart: number;
  private shrunkAt = -Infinity;
  /** When at least half of the places were last taken. */
  private usedAt: number;
  /** The limit before it was forgotten. */
  private proven = 0;
  private readonly now: () => number;

  constructor(private readonly options: AdaptiveLimitOptions) {
    this.now = options.now ?? (() => performance.now());
    this.current = options.first;
    this.windowStart = this.usedAt = this.now();
  }

  get limit(): number {
    return Math.floor(this.current);
  }

  get inFlight(): number {
    return this.active;
  }

  /** Begins a piece of work; the returned function ends it, once. `ignored`: how long it took says nothing about the load. */
  begin(): (outcome: 'done' | 'dropped' | 'ignored') => void {
    const from = this.now();
    this.active += 1;
    this.forget(from);
    this.most = Math.max(this.most, this.active);
    let isOver = false;
    return (outcome) => {
      if (isOver) return;
      isOver = true;
      if (this.active * 2 >= this.current) this.usedAt = this.now();
      this.active -= 1;
      // What had begun before the limit shrank says nothing about the new one: without this it would shrink again and again.
      if (outcome !== 'ignored' && from >= this.shrunkAt) this.sample(this.now() - from, outcome === 'dropped');
    };
  }

  private forget(now: number): void {
    if (this.active * 2 < this.current) {
      const unused = Math.floor((now - this.usedAt) / UNUSED_MS);
      if (unused < 1) return;
      this.proven = Math.max(this.proven, this.current);
      this.current = Math.max(Math.min(this.options.first, this.current), this.current / 2 ** unused);
      this.openWindow(now);
    }
    this.usedAt = now;
  }

  private sample(ms: number, isDropped: boolean): void {
    this.samples += 1;
    this.sumMs += ms;
    this.hasDropped ||= isDropped;
    const now = this.now();
    if (now - this.windowStart < WINDOW_MS || this.samples < SAMPLES) return;
    this.adjust();
    this.openWindow(now);
  }

  private openWindow(now: number): void {
    this.windowStart = now;
    this.samples = this.sumMs = 0;
    this.most = this.active;
    this.hasDropped = false;
  }

  private adjust(): void {
    const { least, most, targetMs } = this.options;
    const ms = this.sumMs / this.samples;
    this.slowWindows = ms > targetMs ? this.slowWindows + 1 : 0;
    if (this.hasDropped || this.slowWindows >= SLOW_WINDOWS || ms > targetMs * MUCH_TOO_SLOW) {
      // From what was used: a limit that was far above it would take many windows to be felt.
      this.current = Math.max(least, Math.min(this.current, this.most) * BACK_OFF);
      this.proven = 0;
      this.shrunkAt = this.now();
      this.slowWindows = 0;
    } else if (this.slowWindows === 0 && this.most * 2 >= this.current) {
      const { current, proven } = this;
      const isFarBelow = current < proven && ms * REGROWTH < targetMs;
      this.current = Math.min(most, isFarBelow ? Math.min(proven, current * REGROWTH) : current + 1);
    }
  }
}
