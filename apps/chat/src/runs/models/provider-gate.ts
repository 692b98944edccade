import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { ResolvedModel } from '@perennial/contracts-config';
import { defineNotice } from '@perennial/contracts-kernel';
import { type ModelConnection, ProviderError } from '@perennial/model-provider';
import { CircuitBreaker, DEFAULT_BREAKER, jittered, Runtime } from '@perennial/runtime';
import { Notices } from '@perennial/transport';
import { z } from 'zod';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { BrownOut, type ModelWork, shareOf } from '../brown-out';
import { ConnectionLimits, type Limits } from './connection-limits';

/** Longest pause that one process may ask of all others, in milliseconds. */
const MOST_BUSY_MS = 60_000;

/**
 * Sent by the worker whom a provider has asked to wait (429 with `Retry-After`); the others wait as well instead of each asking once more. Lost, each
 * learns it from the provider. `id` names the connection and the model without telling them.
 */
const PROVIDER_BUSY = defineNotice(
  'chat.provider.busy',
  z.object({ id: z.string().max(64), forMs: z.number().int().min(1).max(MOST_BUSY_MS) }),
);

/** A longer pause is left to the user, as in `CHAT_RETRY`: a sleeping answer holds a place of its worker. */
const LONGEST_BUSY_MS = 5_000;
/** How long a call may wait for its provider's limits; the other work has something instead of the model's answer. */
const WAIT_AT_MOST_MS: Record<ModelWork, number> = { answer: 120_000, queries: 0, title: 0 };
const LONGEST_PAUSE_MS = 1_000;
/** Share of a worker's places in which answers may wait for one connection, so that one full provider does not stop the others. */
const WAITING_SHARE = 0.25;
/** Connections and models with a state; more than any installation uses at once. */
const MAX_STATES = 1_000;

/** A call of a model. */
export interface ModelCall {
  connection: ModelConnection;
  limits: Pick<ResolvedModel['connection'], 'maxConcurrency' | 'requestsPerMinute'>;
  /** The model's name at the provider. */
  model: string;
  work: ModelWork;
  signal: AbortSignal;
}

/**
 * Stands before every call of a model: a breaker for each model of a connection, the connection's limits, and the pauses that providers have asked
 * for. A connection without limits costs no round trip.
 */
@Injectable()
export class ProviderGate implements OnModuleInit {
  private readonly breakers = new Map<string, CircuitBreaker>();
  /** Until when providers have asked to be left alone, in milliseconds of the monotonic clock. */
  private readonly busyUntil = new Map<string, number>();
  private readonly waiting = new Map<string, number>();
  private readonly refused;

  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    @Inject(Runtime) runtime: Runtime,
    private readonly notices: Notices,
    private readonly limits: ConnectionLimits,
    private readonly brownOut: BrownOut,
  ) {
    this.refused = runtime.metrics.counter(
      'provider_calls_refused_total',
      'Calls of models that were not made, by cause',
      ['cause'],
    );
    const help = 'Models of connections whose calls fail at once because their provider was away';
    runtime.metrics.gauge('provider_breakers_open', help, [], (gauge) =>
      gauge.set([...this.breakers.values()].filter(({ state }) => state !== 'closed').length),
    );
  }

  async onModuleInit(): Promise<void> {
    await this.notices.subscribe(PROVIDER_BUSY, ({ id, forMs }) => this.setBusy(id, forMs));
  }

  /**
   * Makes the call when the provider's limits allow it.
   *
   * @param make calls `answered` at the first piece of a stream: the breaker does not wait for its end
   * @throws ProviderError the call's own, RATE_LIMITED, UNAVAILABLE, CANCELLED
   */
  async run<T>(call: ModelCall, make: (answered: () => void) => Promise<T>): Promise<T> {
    const id = this.idOf(call.connection, call.model);
    const release = await this.enter(id, call);
    try {
      return await this.breakerOf(id).run(make);
    } catch (error) {
      this.learn(id, error);
      throw error;
    } finally {
      release();
    }
  }

  private async enter(id: string, { connection, limits, work, signal }: ModelCall): Promise<() => void> {
    const { maxConcurrency, requestsPerMinute: perMinute } = limits;
    const isLimited = maxConcurrency !== undefined || perMinute !== undefined;
    const concurrency = maxConcurrency === undefined ? undefined : shareOf(work, maxConcurrency);
    const connectionId = isLimited ? this.idOf(connection) : id;
    const until = performance.now() + WAIT_AT_MOST_MS[work];
    for (let pauseMs = 0; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2 || 50)) {
      const busyMs = this.busyMs(id);
      if (busyMs > LONGEST_BUSY_MS) throw this.refuse(work, busyMs);
      const waitMs = busyMs || (await this.take(connectionId, isLimited, { concurrency, perMinute }));
      if (typeof waitMs !== 'number') return waitMs;
      if (performance.now() + waitMs > until) throw this.refuse(work, waitMs);
      await this.wait(connectionId, work, jittered(Math.max(waitMs, pauseMs)), signal);
    }
  }

  private async take(id: string, isLimited: boolean, limits: Limits): Promise<(() => void) | number> {
    if (!isLimited) return () => undefined;
    const place = await this.limits.take(id, limits);
    return 'release' in place ? place.release : place.waitMs;
  }

  private async wait(id: string, work: ModelWork, ms: number, signal: AbortSignal): Promise<void> {
    const waiting = this.waiting.get(id) ?? 0;
    if (waiting >= Math.max(1, this.env.WORKER_CONCURRENCY * WAITING_SHARE)) throw this.refuse(work, ms);
    this.waiting.set(id, waiting + 1);
    try {
      await sleep(ms, undefined, { signal });
    } catch {
      throw new ProviderError('CANCELLED', 'The request was cancelled');
    } finally {
      const rest = this.waiting.get(id)! - 1;
      if (rest > 0) this.waiting.set(id, rest);
      else this.waiting.delete(id);
    }
  }

  private refuse(work: ModelWork, waitMs: number): ProviderError {
    this.refused.inc({ cause: 'limit' });
    if (work !== 'answer') this.brownOut.gaveUp(work);
    const retryAfter = Math.ceil(waitMs / 1_000);
    const message = 'The limit of the connection is reached, or its provider has asked for a pause';
    return new ProviderError('RATE_LIMITED', message, { retryable: true, retryAfter, confidential: true });
  }

  /** Remembers a pause that the provider asks for, and tells the other workers. */
  private learn(id: string, error: unknown): void {
    if (!(error instanceof ProviderError) || error.code !== 'RATE_LIMITED' || !error.retryAfter) return;
    const forMs = Math.ceil(Math.min(MOST_BUSY_MS, error.retryAfter * 1_000));
    this.setBusy(id, forMs);
    this.notices.publish(PROVIDER_BUSY, { id, forMs }).catch(() => undefined);
  }

  private setBusy(id: string, forMs: number): void {
    const until = performance.now() + forMs;
    if (until <= (this.busyUntil.get(id) ?? 0)) return;
    this.busyUntil.delete(id);
    this.busyUntil.set(id, until);
    if (this.busyUntil.size > MAX_STATES) this.busyUntil.delete(this.busyUntil.keys().next().value!);
  }

  /** Milliseconds for which the provider wants to be left alone; 0: it does not. */
  private busyMs(id: string): number {
    const until = this.busyUntil.get(id);
    if (until === undefined) return 0;
    const left = until - performance.now();
    if (left > 0) return left;
    this.busyUntil.delete(id);
    return 0;
  }

  private breakerOf(id: string): CircuitBreaker {
    let breaker = this.breakers.get(id);
    if (breaker === undefined) {
      breaker = new CircuitBreaker({ ...DEFAULT_BREAKER, isAway, saysNothing, refusal: (ms) => this.away(ms) });
      this.breakers.set(id, breaker);
      if (this.breakers.size > MAX_STATES) this.breakers.delete(this.breakers.keys().next().value!);
    }
    return breaker;
  }

  private away(retryAfterMs: number): ProviderError {
    this.refused.inc({ cause: 'away' });
    const retryAfter = Math.ceil(retryAfterMs / 1_000);
    const message = 'The provider has not answered several times; the next attempt is in a moment';
    return new ProviderError('UNAVAILABLE', message, { retryable: true, retryAfter, confidential: true });
  }

  /** Names a connection, or one of its models, in Redis: its key is part of it, since providers limit accounts. */
  private idOf({ baseUrl, apiKey = '' }: ModelConnection, model = ''): string {
    const content = JSON.stringify([baseUrl, apiKey, model]);
    return createHmac('sha256', this.env.SECRET_KEY).update(content).digest('base64url').slice(0, 22);
  }
}

const AWAY_CODES: readonly string[] = ['UNAVAILABLE', 'TIMEOUT', 'INTERRUPTED'];
/** Of proxies, for a server that is away. Other statuses may be the fault of one request. */
const GATEWAY_STATUSES = [502, 503, 504];

/**
 * The transport failed before the first piece (`cause` is its error), or a proxy answered. What is told inside an answer may be the fault of
 * one request.
 */
export function isAway(error: unknown): boolean {
  if (!(error instanceof ProviderError) || error.told || !AWAY_CODES.includes(error.code)) return false;
  return error.status === undefined ? error.cause !== undefined : GATEWAY_STATUSES.includes(error.status);
}

/** The caller has stopped, or this process failed. */
function saysNothing(error: unknown): boolean {
  return !(error instanceof ProviderError) || error.code === 'CANCELLED';
}
