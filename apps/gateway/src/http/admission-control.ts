import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { overloaded, Problem } from '../problem';

const IDLE_POLL_MS = 20;

/** Limits of one replica. */
export interface LoadLimits {
  requests: number;
  requestsPerUser: number;
  streams: number;
  streamsPerUser: number;
  /** Bytes of bodies of signed-in users that are still arriving. */
  bodyBytes: number;
  bodyBytesPerUser: number;
}

/** Counts this replica's load, so that overload is refused at once instead of slowing everybody. */
@Injectable()
export class AdmissionControl {
  private requests = 0;
  private streams = 0;
  private bodyBytes = 0;
  private readonly requestsOf = new Map<string, number>();
  private readonly streamsOf = new Map<string, number>();
  private readonly bodyBytesOf = new Map<string, number>();

  constructor(
    private readonly limits: LoadLimits,
    runtime: Runtime,
  ) {
    runtime.metrics.gauge('http_requests_in_flight', 'Requests in progress', [], (gauge) => gauge.set(this.requests));
    runtime.metrics.gauge('event_streams', 'Open event streams', [], (gauge) => gauge.set(this.streams));
  }

  /** Admits a request; the returned function (safe to call twice) releases it. */
  request(): () => void {
    this.refuseWhenFull();
    this.requests += 1;
    return once(() => (this.requests -= 1));
  }

  /** @throws Problem 503: the body of a request that would be refused anyway need not be read. */
  refuseWhenFull(): void {
    if (this.requests >= this.limits.requests) throw overloaded();
  }

  /** Resolves when no request is in progress, or when the signal is aborted. */
  async untilIdle(signal: AbortSignal): Promise<void> {
    while (this.requests > 0 && !signal.aborted) await sleep(IDLE_POLL_MS);
  }

  requestOf(userId: string): () => void {
    return admit(this.requestsOf, userId, this.limits.requestsPerUser, 'Too many of your requests are under way.');
  }

  /** Admits a body of this size, which takes memory while it arrives. */
  body(userId: string, bytes: number): () => void {
    if (this.bodyBytes + bytes > this.limits.bodyBytes) throw overloaded();
    const leave = admit(
      this.bodyBytesOf,
      userId,
      this.limits.bodyBytesPerUser,
      'Too much of what you send is still under way.',
      bytes,
    );
    this.bodyBytes += bytes;
    return once(() => {
      this.bodyBytes -= bytes;
      leave();
    });
  }

  /** Admits an event stream of a user. */
  stream(userId: string): () => void {
    if (this.streams >= this.limits.streams) throw overloaded();
    const leave = admit(this.streamsOf, userId, this.limits.streamsPerUser, 'Too many of your streams are open.');
    this.streams += 1;
    return once(() => {
      this.streams -= 1;
      leave();
    });
  }
}

function admit(counts: Map<string, number>, userId: string, limit: number, sentence: string, weight = 1): () => void {
  const count = counts.get(userId) ?? 0;
  if (count + weight > limit) throw new Problem(429, `${sentence} Wait until one has ended.`, { 'retry-after': '1' });
  counts.set(userId, count + weight);
  return once(() => {
    const left = (counts.get(userId) ?? weight) - weight;
    if (left === 0) counts.delete(userId);
    else counts.set(userId, left);
  });
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}
