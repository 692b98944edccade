import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { CountByKey, Runtime } from '@perennial/runtime';
import { overloaded, Problem } from '../problem';

const IDLE_POLL_MS = 20;
/** Whoever has read a stream to its end sends the next request at once; on a busy machine, or over a slow network, a moment later. */
const FOLLOW_UP_MS = 1_000;
/** Seconds. */
const UPLOAD_RETRY_S = 2;

/** Limits of one replica. */
export interface LoadLimits {
  requests: number;
  requestsPerUser: number;
  streams: number;
  streamsPerUser: number;
  /** Bytes of bodies of signed-in users that are still arriving. */
  bodyBytes: number;
  bodyBytesPerUser: number;
  uploads: number;
  uploadsPerUser: number;
}

/** Limits in total and per user. */
interface Limit {
  all: number;
  perUser: number;
  /** The message to a user who has too many. */
  sentence: string;
  /** The message to all clients when the replica has too many requests. */
  full?: () => Problem;
  retryAfterS?: number;
}

/** Counts this replica's load, so that overload is rejected at once and does not slow all requests. */
@Injectable()
export class AdmissionControl {
  private requests = 0;
  private readonly requestsOf: LimitedCount;
  private readonly streams: LimitedCount;
  private readonly bodyBytes: LimitedCount;
  private readonly uploads: LimitedCount;
  private streamEndedAt = -Infinity;

  constructor(
    private readonly limits: LoadLimits,
    runtime: Runtime,
  ) {
    this.requestsOf = new LimitedCount({
      all: Infinity,
      perUser: limits.requestsPerUser,
      sentence: 'Too many of your requests are under way.',
    });
    this.streams = new LimitedCount({
      all: limits.streams,
      perUser: limits.streamsPerUser,
      sentence: 'Too many of your streams are open.',
    });
    this.bodyBytes = new LimitedCount({
      all: limits.bodyBytes,
      perUser: limits.bodyBytesPerUser,
      sentence: 'Too much of what you send is still under way.',
    });
    this.uploads = new LimitedCount({
      all: limits.uploads,
      perUser: limits.uploadsPerUser,
      sentence: 'Too many of your uploads are under way.',
      full: noFurtherUploads,
      retryAfterS: UPLOAD_RETRY_S,
    });
    runtime.status.provide({ inFlight: () => this.requests });
    runtime.metrics.gauge('http_requests_in_flight', 'Requests in progress', [], (gauge) => gauge.set(this.requests));
    runtime.metrics.gauge('event_streams', 'Open event streams', [], (gauge) => gauge.set(this.streams.all));
  }

  /** Admits a request; the returned function (safe to call twice) releases it. */
  request(): () => void {
    this.refuseWhenFull();
    this.requests += 1;
    return once(() => (this.requests -= 1));
  }

  /** @throws Problem 503: if the request will be rejected anyway, its body need not be read. */
  refuseWhenFull(): void {
    if (this.requests >= this.limits.requests) throw overloaded();
  }

  get isIdle(): boolean {
    return this.requests === 0;
  }

  /** Resolves when no request is in progress, or when the signal is aborted. */
  async untilIdle(signal: AbortSignal): Promise<void> {
    while (!this.isIdle && !signal.aborted) await sleep(IDLE_POLL_MS);
  }

  requestOf(userId: string): () => void {
    return this.requestsOf.admit(userId);
  }

  /** Admits a body of this size, which takes memory while it arrives. */
  body(userId: string, bytes: number): () => void {
    return this.bodyBytes.admit(userId, bytes);
  }

  /** Admits an event stream of a user. */
  stream(userId: string): () => void {
    const leave = this.streams.admit(userId);
    return () => {
      this.streamEndedAt = performance.now();
      leave();
    };
  }

  /**
   * Resolves when no stream has ended for a while. The head of a stream that began before the process was told to end could not ask for the
   * connection to be closed, so its client's next request comes over it.
   */
  async untilQuiet(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (!this.isIdle || performance.now() - this.streamEndedAt < FOLLOW_UP_MS))
      await sleep(IDLE_POLL_MS);
  }

  /** Admits an upload: it takes memory and a connection to the file store for as long as its client needs. */
  upload(userId: string): () => void {
    return this.uploads.admit(userId);
  }
}

class LimitedCount {
  all = 0;
  private readonly byUser = new CountByKey();

  constructor(private readonly limit: Limit) {}

  /** @throws Problem 429 at the user's own limit, 503 at that of the replica */
  admit(userId: string, weight = 1): () => void {
    const { all, perUser, sentence, full = overloaded, retryAfterS = 1 } = this.limit;
    // First: this user's request would be refused by a replica with room too.
    if (this.byUser.of(userId) + weight > perUser)
      throw new Problem(429, `${sentence} Wait until one has ended.`, { 'retry-after': String(retryAfterS) });
    if (this.all + weight > all) throw full();
    this.add(userId, weight);
    return once(() => this.add(userId, -weight));
  }

  private add(userId: string, weight: number): void {
    this.all += weight;
    this.byUser.add(userId, weight);
  }
}

function noFurtherUploads(): Problem {
  const headers = { 'retry-after': String(UPLOAD_RETRY_S) };
  return new Problem(503, 'The server takes no further uploads at the moment. Try again soon.', headers);
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}
