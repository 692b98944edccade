import { CountByKey } from '@perennial/runtime';
import type { Limits, Place } from './connection-limits';

const MINUTE_MS = 60_000;
/** A full connection is asked again after this. */
const ASK_AGAIN_MS = 250;

/** What this process has used of the connections' limits, and its share of them while Redis is away. */
export class LocalShare {
  private readonly active = new CountByKey();
  private readonly processes = new Map<string, number>();
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** That many processes use the connection. */
  shared(id: string, processes: number): void {
    this.processes.set(id, processes);
  }

  /** A request has begun; the returned function ends it, once. */
  began(id: string): () => void {
    this.active.add(id, 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.active.add(id, -1);
    };
  }

  take(id: string, { concurrency = Infinity, perMinute }: Limits): Place {
    const processes = this.processes.get(id) ?? 1;
    if (this.active.of(id) >= Math.max(1, Math.floor(concurrency / processes))) return { waitMs: ASK_AGAIN_MS };
    const waitMs = perMinute === undefined ? 0 : this.token(id, perMinute / processes);
    return waitMs > 0 ? { waitMs } : { release: this.began(id) };
  }

  /** Takes a token, or returns when there will be one. */
  private token(id: string, perMinute: number): number {
    const now = this.now();
    const known = this.buckets.get(id) ?? { tokens: 1, at: now };
    const most = Math.max(1, perMinute / 6);
    const tokens = Math.min(most, known.tokens + ((now - known.at) * perMinute) / MINUTE_MS);
    if (tokens < 1) return Math.ceil(((1 - tokens) * MINUTE_MS) / perMinute);
    this.buckets.set(id, { tokens: tokens - 1, at: now });
    return 0;
  }
}
