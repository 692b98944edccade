import { Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { overloaded, Problem } from './problem';

/** Limits of one replica. */
export interface LoadLimits {
  requests: number;
  requestsPerUser: number;
  streams: number;
  streamsPerUser: number;
}

/** Counts what this replica works on, so that overload is answered at once instead of suffered by all. */
@Injectable()
export class Load {
  private requests = 0;
  private streams = 0;
  private readonly requestsOf = new Map<string, number>();
  private readonly streamsOf = new Map<string, number>();

  constructor(
    private readonly limits: LoadLimits,
    runtime: Runtime,
  ) {
    runtime.metrics.gauge('http_requests_in_flight', 'Requests that are being worked on', [], (gauge) =>
      gauge.set(this.requests),
    );
    runtime.metrics.gauge('event_streams', 'Event streams that are open', [], (gauge) => gauge.set(this.streams));
  }

  /** Admits a request; the returned function (safe to call twice) says that it is over. */
  request(): () => void {
    if (this.requests >= this.limits.requests) throw overloaded();
    this.requests += 1;
    return once(() => (this.requests -= 1));
  }

  requestOf(userId: string): () => void {
    return admit(this.requestsOf, userId, this.limits.requestsPerUser, 'Too many of your requests are under way.');
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

function admit(counts: Map<string, number>, userId: string, limit: number, sentence: string): () => void {
  const count = counts.get(userId) ?? 0;
  if (count >= limit) throw new Problem(429, `${sentence} Wait until one has ended.`, { 'retry-after': '1' });
  counts.set(userId, count + 1);
  return once(() => {
    const left = (counts.get(userId) ?? 1) - 1;
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
