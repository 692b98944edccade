import type { Logger } from '@perennial/runtime';
import { isRedisFull } from './errors';

/**
 * At its limit Redis accepts one write and refuses the next, so it counts as recovered only after this long without a refusal.
 */
const QUIET_MS = 5_000;

/** Logs one line when Redis begins to refuse writes because its memory is full, and one when it accepts them again. */
export class RedisCapacity {
  private fullSince: number | undefined;
  private refusedAt = -Infinity;

  constructor(
    private readonly log: Logger,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** True from the first refused write until Redis accepts writes again. */
  get isFull(): boolean {
    return this.fullSince !== undefined;
  }

  /** A command failed. Anything but a full Redis is ignored. */
  failed(error: unknown): void {
    if (!isRedisFull(error)) return;
    this.refusedAt = this.now();
    if (this.fullSince !== undefined) return;
    this.fullSince = this.refusedAt;
    this.log.error(
      { event: 'redis.full' },
      'Redis is full: it refuses writes. Raise maxmemory, or find what fills it; live text still flows',
    );
  }

  /** A command that needs memory succeeded. */
  wrote(): void {
    if (this.fullSince === undefined || this.now() - this.refusedAt < QUIET_MS) return;
    const fullMs = Math.round(this.now() - this.fullSince);
    this.fullSince = undefined;
    this.log.info({ event: 'redis.writable', full_ms: fullMs }, 'Redis takes writes again');
  }
}
