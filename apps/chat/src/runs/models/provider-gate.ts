import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedModel } from '@perennial/contracts-config';
import { type ModelConnection, ProviderError } from '@perennial/model-provider';
import { CircuitBreaker, DEFAULT_BREAKER, jittered, Runtime } from '@perennial/runtime';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { BrownOut, type ModelWork, shareOf } from '../brown-out';
import { type Asker, ConnectionLimits, type Limits } from './connection-limits';
import { ProviderPauses } from './provider-pauses';
import { type WaitingCall, WaitingCalls } from './waiting-calls';

/** A longer pause is left to the user, as in `CHAT_RETRY`: a sleeping answer holds a place of its worker. */
const LONGEST_PAUSE_MS = 5_000;
/** How long a call may wait for its provider's limits; the other work has something instead of the model's answer. */
const WAIT_AT_MOST_MS: Record<ModelWork, number> = { answer: 120_000, queries: 0, title: 0, follow_ups: 0 };
/** Who waits keeps asking: one that does not any more loses its turn. */
const ASK_EVERY_MS = 1_000;
/** Share of a worker's places in which answers may wait for one connection, so that one full provider does not stop the others. */
const WAITING_SHARE = 0.25;
/** Models of connections with a breaker; more than any installation uses at once. */
const MAX_BREAKERS = 1_000;

/** A call of a model. */
export interface ModelCall {
  connection: ModelConnection;
  limits: Pick<ResolvedModel['connection'], 'maxConcurrency' | 'requestsPerMinute'>;
  /** The model's name at the provider. */
  model: string;
  work: ModelWork;
  userId: string;
  signal: AbortSignal;
}

/**
 * Stands before every call of a model: a breaker for each model of a connection, the connection's limits, and the pauses that providers have asked
 * for. A connection without limits costs no round trip.
 */
@Injectable()
export class ProviderGate {
  private readonly breakers = new Map<string, CircuitBreaker>();
  private readonly waiting: WaitingCalls;
  private readonly refused;

  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    @Inject(Runtime) runtime: Runtime,
    private readonly pauses: ProviderPauses,
    private readonly limits: ConnectionLimits,
    private readonly brownOut: BrownOut,
  ) {
    this.waiting = new WaitingCalls(Math.max(1, env.WORKER_CONCURRENCY * WAITING_SHARE));
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

  /**
   * Makes the call when the provider's limits allow it.
   *
   * @param make calls `answered` at the first piece of a stream: the breaker does not wait for its end
   * @throws ProviderError the call's own, RATE_LIMITED, UNAVAILABLE, CANCELLED
   */
  async run<T>(call: ModelCall, make: (answered: () => void) => Promise<T>): Promise<T> {
    const id = this.idOf(call.connection, call.model);
    const release = await this.enter(id, call);
    const madeAt = performance.now();
    try {
      return await this.breakerOf(id).run(async (answered) => {
        const firstPiece = (): void => {
          answered();
          this.pauses.answered(id, madeAt);
        };
        const result = await make(firstPiece);
        firstPiece();
        return result;
      });
    } catch (error) {
      this.pauses.learn(id, error);
      throw error;
    } finally {
      release();
    }
  }

  private async enter(id: string, call: ModelCall): Promise<() => void> {
    const { connection, limits, work, userId } = call;
    const { maxConcurrency, requestsPerMinute: perMinute } = limits;
    const isLimited = maxConcurrency !== undefined || perMinute !== undefined;
    const concurrency = maxConcurrency === undefined ? undefined : shareOf(work, maxConcurrency);
    const connectionId = isLimited ? this.idOf(connection) : id;
    const mayWaitMs = WAIT_AT_MOST_MS[work];
    const until = performance.now() + mayWaitMs;
    const asker: Asker = { userId, ticket: randomUUID(), mayWait: mayWaitMs > 0 };
    let waiting: WaitingCall | undefined;
    try {
      for (;;) {
        const pauseMs = this.pauses.leftMs(id);
        if (pauseMs > LONGEST_PAUSE_MS) throw this.refuse(work, pauseMs);
        const waitMs = pauseMs || (await this.take(connectionId, isLimited, { concurrency, perMinute }, asker));
        if (typeof waitMs !== 'number') return waitMs;
        if (performance.now() + waitMs > until) throw this.refuse(work, waitMs);
        waiting ??= this.waiting.enter(connectionId, userId);
        if (waiting === undefined || waiting.pushedOut.aborted) throw this.refuse(work, waitMs);
        await this.wait(waiting, pauseMs || Math.min(waitMs, ASK_EVERY_MS), call.signal);
      }
    } catch (error) {
      if (isLimited) this.limits.leave(connectionId, asker);
      throw error;
    } finally {
      waiting?.leave();
    }
  }

  private async take(id: string, isLimited: boolean, limits: Limits, asker: Asker): Promise<(() => void) | number> {
    if (!isLimited) return () => undefined;
    const place = await this.limits.take(id, limits, asker);
    return 'release' in place ? place.release : place.waitMs;
  }

  /** Shorter if the call is pushed out meanwhile. */
  private async wait({ pushedOut }: WaitingCall, ms: number, signal: AbortSignal): Promise<void> {
    await sleep(jittered(ms), undefined, { signal: AbortSignal.any([signal, pushedOut]) }).catch(() => undefined);
    if (signal.aborted) throw new ProviderError('CANCELLED', 'The request was cancelled');
  }

  private refuse(work: ModelWork, waitMs: number): ProviderError {
    this.refused.inc({ cause: 'limit' });
    if (work !== 'answer') this.brownOut.gaveUp(work);
    const retryAfter = Math.ceil(waitMs / 1_000);
    const message = 'The limit of the connection is reached, or its provider has asked for a pause';
    return new ProviderError('RATE_LIMITED', message, { retryable: true, retryAfter, confidential: true });
  }

  private breakerOf(id: string): CircuitBreaker {
    let breaker = this.breakers.get(id);
    if (breaker === undefined) {
      breaker = new CircuitBreaker({ ...DEFAULT_BREAKER, isAway, saysNothing, refusal: (ms) => this.away(ms) });
      this.breakers.set(id, breaker);
      if (this.breakers.size > MAX_BREAKERS) this.breakers.delete(this.breakers.keys().next().value!);
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

/**
 * The caller has stopped, or this process failed. Silence too: a slow model has not answered yet, and a host that hangs never will, so it is no
 * proof that the provider is there.
 */
export function saysNothing(error: unknown): boolean {
  if (!(error instanceof ProviderError) || error.code === 'CANCELLED') return true;
  return error.code === 'TIMEOUT' && error.status === undefined && !error.told && error.cause === undefined;
}
