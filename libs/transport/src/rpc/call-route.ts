import type { Redis } from 'ioredis';

/** At start the first connection may take longer on a busy machine. */
const START_TIMEOUT_MS = 3_000;

export interface CallRouteOptions {
  /** How long calls wait for it to come back before they are refused, in milliseconds. */
  parkTimeoutMs: number;
  /** Whether replies would be heard. */
  areRepliesHeard(): boolean;
  /** What Redis had of its calls may be lost. */
  onAway(route: CallRoute): void;
  /** It has been away for too long. */
  onOverdue(route: CallRoute): void;
  onBack(route: CallRoute): void;
}

/** The way of calls to Redis: one for all, on a Cluster one for the services of each slot. It is away while its connection is, or that of the replies. */
export class CallRoute {
  private awaySince: number | undefined = performance.now();
  private parkTimeoutMs = START_TIMEOUT_MS;
  private parkTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly options: CallRouteOptions,
  ) {
    redis.on('close', () => this.wentAway());
    redis.on('ready', () => this.checkBack());
    this.startWaiting();
    this.checkBack();
  }

  get isAway(): boolean {
    return this.awaySince !== undefined;
  }

  /** Further calls need not wait for it. */
  get isOverdue(): boolean {
    return this.awaySince !== undefined && performance.now() - this.awaySince >= this.parkTimeoutMs;
  }

  wentAway(): void {
    this.awaySince ??= performance.now();
    this.options.onAway(this);
    this.startWaiting();
  }

  /** Call it when replies are heard again. */
  checkBack(): void {
    if (this.awaySince === undefined || this.redis.status !== 'ready' || !this.options.areRepliesHeard()) return;
    this.awaySince = undefined;
    this.parkTimeoutMs = this.options.parkTimeoutMs;
    this.close();
    this.options.onBack(this);
  }

  close(): void {
    clearTimeout(this.parkTimer);
    this.parkTimer = undefined;
  }

  private startWaiting(): void {
    this.parkTimer ??= setTimeout(() => {
      this.parkTimer = undefined;
      if (this.awaySince !== undefined) this.options.onOverdue(this);
    }, this.parkTimeoutMs);
  }
}
