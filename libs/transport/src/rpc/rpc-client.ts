import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { type Call, CallError, type CallRequest } from '@perennial/contracts-kernel';
import { type Logger, RetryBudget } from '@perennial/runtime';
import type { Redis } from 'ioredis';
import { noticeChannel } from '../notices/notices';
import { type Connections, redisUnavailable, TO_ALL } from '../redis';
import { AnswerReceiver } from './answer-receiver';
import { CallRoute } from './call-route';
import { DeadlineWheel } from './deadline-wheel';
import { fromFailure } from './failure';
import {
  expiryOf,
  isRepeatable,
  lostAnswer,
  type OutgoingCall,
  OWN_REASONS,
  type PendingCall,
  repeatDelay,
  undecided,
} from './pending-call';
import { ReplyBudget } from './reply-budget';
import { RequestBatcher } from './request-batcher';
import { SilentCalls } from './silent-calls';
import { type AnswerFrame, callId, type Failure, rpcKeys } from './wire';

export interface RpcClientOptions {
  /** Calls that may wait for answers at once; beyond it UNAVAILABLE. */
  maxPending?: number;
  /** Waiting and running calls that a service's stream may hold; beyond it UNAVAILABLE. */
  maxQueued?: number;
  /** Bytes of large calls (4 KiB and more) that a service's stream may hold; beyond it UNAVAILABLE. */
  maxQueuedBytes?: number;
  /** Largest record, in UTF-16 units. */
  maxRecordLength?: number;
  /**
   * How long calls wait for Redis to come back before they are refused, in milliseconds, so that a connection reset causes no errors.
   */
  parkTimeoutMs?: number;
}

const DEFAULTS = {
  maxPending: 5_000,
  maxQueued: 2_000,
  maxQueuedBytes: 64 * 1024 * 1024,
  maxRecordLength: 8 * 1024 * 1024,
  parkTimeoutMs: 1_500,
};
/** Until a call that Redis could not take for a moment is sent again. */
const RESEND_MS = 50;
/** Replicas that are asked for one call, the first included. */
const MAX_ATTEMPTS = 3;
/** One of two replicas without its database fails every other call for a few seconds. */
const RETRIES = { share: 0.2, saved: 100 };
/** Fewer for calls that are merely slow: under load all are, and each repetition adds to it. */
const SLOW_RETRIES = { share: 0.05, saved: 50 };

/** The data of `send()`: the request with its call and options. */
export class RpcRequest<C extends Call = Call> {
  constructor(
    readonly call: C,
    readonly request: CallRequest<C>,
    readonly options: Pick<OutgoingCall, 'principal' | 'key' | 'signal'> & { deadlineMs?: number },
  ) {}
}

/**
 * Sends calls and matches replies. While Redis is away calls wait a moment, then fail with UNAVAILABLE; calls under way are repeated under
 * the same id once Redis is back, except `once`.
 */
export class RedisRpcClient extends ClientProxy {
  private readonly options: Required<RpcClientOptions>;
  /** One, on a Cluster one for the services of each slot: those of a living slot do not wait for another. */
  private readonly routes = new Map<Redis, CallRoute>();
  private readonly pending = new Map<string, PendingCall>();
  private readonly wheel = new DeadlineWheel();
  private readonly batcher: RequestBatcher;
  private readonly budget = new ReplyBudget();
  /** When a whole service has lost its database, further attempts would only multiply its calls. */
  private readonly retryBudget = new RetryBudget(RETRIES);
  private readonly slowBudget = new RetryBudget(SLOW_RETRIES);
  private readonly receiver: AnswerReceiver;
  private readonly silent: SilentCalls;
  /** Of replies to this process. */
  private readonly channel: string;
  private sequence = 0;
  private recoverTimer: NodeJS.Timeout | undefined;
  private readonly subscribed: Promise<unknown>;
  private isSubscribed = false;

  constructor(
    private readonly connections: Connections,
    options: RpcClientOptions = {},
  ) {
    super();
    this.options = { ...DEFAULTS, ...options };
    this.receiver = new AnswerReceiver(connections, {
      onAnswer: (frame) => this.onAnswer(frame),
      onLost: (call) => this.onLost(call),
    });
    this.batcher = new RequestBatcher({
      ...this.options,
      connections,
      secrets: connections.secrets,
      requireSigned: connections.options.requireSigned ?? false,
      log: connections.logger('rpc-client'),
      capacity: connections.capacity,
      isOpen: (pending) => this.pending.has(pending.number),
      refuse: (pending, error) => this.settle(pending, error),
      onBroken: () => this.recoverSoon(),
    });
    this.silent = new SilentCalls({
      connections,
      pending: () => this.pending.values(),
      onSilent: (pending, deliveries) => this.repeat(pending, deliveries, { withdraw: true, budget: this.retryBudget }),
      onSlow: (pending, deliveries) => this.repeat(pending, deliveries, { withdraw: false, budget: this.slowBudget }),
    });
    const { keyspace, processId, subscriptions } = connections;
    this.channel = rpcKeys.replies(keyspace.of(processId), processId);
    if (!keyspace.isSharded) this.routeTo(processId);
    // Another channel's connection may have been lost: its slot does not matter here.
    subscriptions.onLost(() => {
      if (!this.areRepliesHeard()) for (const route of this.routes.values()) route.wentAway();
    });
    subscriptions.onRestored(() => this.checkBack());
    this.subscribed = subscriptions
      .subscribe(this.channel, (message) => this.receiver.receive(message))
      .then(() => {
        this.isSubscribed = true;
        this.checkBack();
      });
  }

  /** A logger of this process for what goes through here. */
  logger(context: string): Logger {
    return this.connections.logger(context);
  }

  /** Calls that wait for an answer. */
  get inFlight(): number {
    return this.pending.size;
  }

  async connect(): Promise<void> {
    await this.subscribed;
  }

  close(): void {
    for (const route of this.routes.values()) route.close();
    clearTimeout(this.recoverTimer);
    this.silent.stop();
    this.wheel.stop();
    for (const pending of [...this.pending.values()]) this.settle(pending, redisUnavailable());
  }

  unwrap<T>(): T {
    return this.connections.commands as T;
  }

  /** Sends one call; rejects with a CallError only. */
  request(call: OutgoingCall): Promise<unknown> {
    this.retryBudget.called();
    this.slowBudget.called();
    return new Promise((resolve, reject) => {
      const deadlineAt = performance.now() + call.deadlineMs;
      this.open({ call, attempt: 1, deliveries: 0, deadlineAt, resolve, reject });
    });
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const outgoing = this.fromPacket(packet);
    const controller = new AbortController();
    const signal = outgoing.signal ? AbortSignal.any([outgoing.signal, controller.signal]) : controller.signal;
    this.request({ ...outgoing, signal }).then(
      (response) => callback({ response, isDisposed: true }),
      (err: unknown) => callback({ err }),
    );
    return () => controller.abort();
  }

  protected async dispatchEvent<T = unknown>(packet: ReadPacket): Promise<T> {
    const channel = noticeChannel(this.connections.keyspace, String(packet.pattern));
    return (await this.connections.publish(channel, JSON.stringify(packet.data))) as T;
  }

  /** `send(pattern, data)` of Nest's own interface: `data` is an RpcRequest, or a bare request made by the service itself. */
  private fromPacket({ pattern, data, metadata }: ReadPacket & { metadata?: unknown }): OutgoingCall {
    const name = String(pattern);
    const trace = metadata && typeof metadata === 'object' ? (metadata as Record<string, string>) : undefined;
    if (data instanceof RpcRequest) {
      const { call, request, options } = data;
      const { service, effect, sealed } = call;
      return { service, effect, sealed, pattern: name, data: request, trace, deadlineMs: call.deadlineMs, ...options };
    }
    const principal = { kind: 'service' as const, name: this.connections.options.service };
    return {
      service: name.slice(0, name.indexOf('.')),
      effect: 'once',
      pattern: name,
      data,
      trace,
      deadlineMs: 5_000,
      principal,
    };
  }

  /** Puts one attempt on its way. */
  private open(
    asked: Pick<PendingCall, 'call' | 'attempt' | 'deliveries' | 'deadlineAt' | 'resolve' | 'reject'>,
  ): void {
    const { call, deadlineAt } = asked;
    const route = this.routeTo(call.service);
    const refusal = this.refusal(call, route);
    if (refusal) {
      asked.reject(asked.attempt > 1 ? undecided(refusal) : refusal);
      return;
    }
    const number = (this.sequence++).toString(36);
    const pending: PendingCall = {
      ...asked,
      id: callId(this.connections.processId, this.sequence - 1),
      ...{ number, route },
      openedAt: performance.now(),
      silentLooks: 0,
      state: 'parked',
      exposed: false,
      mayHaveBegun: asked.attempt > 1,
      isGivenUp: false,
      streamId: undefined,
      isRepeated: false,
      isWithdrawn: false,
      otherHolders: 0,
      inlineLength: this.budget.reserve(),
      deadline: undefined,
      onAbort: undefined,
    };
    this.pending.set(number, pending);
    this.silent.start();
    pending.deadline = this.wheel.add(deadlineAt, () => this.giveUp(pending, expiryOf(pending)));
    if (call.signal) this.watch(call.signal, pending);
    if (!route.isAway) this.batcher.add(pending);
  }

  private refusal(call: OutgoingCall, route: CallRoute): CallError | undefined {
    if (call.signal?.aborted) return new CallError('CANCELLED', `${call.pattern} was cancelled.`);
    if (this.pending.size >= this.options.maxPending) {
      return new CallError('UNAVAILABLE', 'Too many calls are waiting for answers. Try again in a moment.', {
        retryAfter: 1,
        refused: true,
      });
    }
    if (route.isOverdue) return redisUnavailable();
    return undefined;
  }

  private watch(signal: AbortSignal, pending: PendingCall): void {
    pending.onAbort = () => {
      const delivered = pending.state !== 'parked';
      this.giveUp(pending, new CallError('CANCELLED', `${pending.call.pattern} was cancelled.`));
      if (!delivered) return;
      // Unsubscribing is local, so the replica is told, best effort.
      const channel = rpcKeys.cancels(this.connections.keyspace.of(TO_ALL), pending.call.service);
      this.connections.publish(channel, pending.id).catch(() => undefined);
    };
    signal.addEventListener('abort', pending.onAbort, { once: true });
  }

  private onAnswer(frame: AnswerFrame): void {
    const pending = this.pending.get(frame[0]);
    if (!pending) return;
    if (frame[1] === 1) this.settle(pending, undefined, frame[2]);
    else if (frame[1] === 0) this.onFailure(pending, frame[2]);
  }

  /**
   * A replica that cannot do it says so while others can: a call that may be delivered twice is asked again in a moment, as another call with
   * the first one's key.
   */
  private onFailure(pending: PendingCall, failure: Failure): void {
    if (pending.otherHolders > 0 && OWN_REASONS.has(failure.code)) {
      pending.otherHolders -= 1;
      return;
    }
    const { id, call, attempt } = pending;
    const delayMs = repeatDelay(attempt);
    const isInTime = performance.now() + delayMs < pending.deadlineAt;
    if (!failure.details?.elsewhere || !isInTime || !this.mayRepeat(pending, this.retryBudget)) {
      this.settle(pending, fromFailure(failure));
      return;
    }
    const again = (): void => {
      if (!this.forget(pending)) return;
      const deliveries = pending.deliveries + 1;
      this.open({ ...pending, call: { ...call, key: call.key ?? id }, attempt: attempt + 1, deliveries });
    };
    if (delayMs === 0) return again();
    pending.state = 'refused';
    setTimeout(() => {
      if (pending.state === 'refused') again();
    }, delayMs);
  }

  /** Sends the same call to another replica as well; the first answer counts, a refusal only if nobody else holds it. */
  private repeat(
    pending: PendingCall,
    deliveries: number,
    { withdraw, budget }: { withdraw: boolean; budget: RetryBudget },
  ): void {
    if (pending.state !== 'sent' || !this.mayRepeat(pending, budget)) return;
    pending.attempt += 1;
    pending.silentLooks = 0;
    pending.deliveries += deliveries;
    pending.mayHaveBegun = pending.isRepeated = true;
    pending.isWithdrawn = withdraw;
    if (!withdraw) pending.otherHolders += 1;
    this.batcher.add(pending);
  }

  private mayRepeat(pending: PendingCall, budget: RetryBudget): boolean {
    return isRepeatable(pending) && pending.attempt < MAX_ATTEMPTS && budget.take();
  }

  private onLost(call: string): void {
    const pending = this.pending.get(call);
    if (pending) this.settle(pending, lostAnswer(pending));
  }

  private giveUp(pending: PendingCall, error: CallError): void {
    pending.isGivenUp = true;
    if (pending.streamId !== undefined) this.batcher.withdraw(pending.call.service, pending.streamId);
    this.settle(pending, error);
  }

  private settle(pending: PendingCall, error: CallError | undefined, reply?: unknown): void {
    if (!this.forget(pending)) return;
    if (error) pending.reject(pending.mayHaveBegun ? undecided(error) : error);
    else pending.resolve(reply);
  }

  /** Whether it was still open. */
  private forget(pending: PendingCall): boolean {
    if (!this.pending.delete(pending.number)) return false;
    this.budget.release(pending.inlineLength);
    if (pending.deadline) this.wheel.remove(pending.deadline);
    if (pending.onAbort) pending.call.signal?.removeEventListener('abort', pending.onAbort);
    return true;
  }

  private areRepliesHeard(): boolean {
    return this.isSubscribed && this.connections.subscriptions.isLiveFor(this.channel);
  }

  private checkBack(): void {
    for (const route of this.routes.values()) route.checkBack();
  }

  private routeTo(owner: string): CallRoute {
    const redis = this.connections.commandsFor(owner);
    let route = this.routes.get(redis);
    if (!route) {
      route = new CallRoute(redis, {
        parkTimeoutMs: this.options.parkTimeoutMs,
        areRepliesHeard: () => this.areRepliesHeard(),
        onAway: (lost) => this.expose(lost),
        onOverdue: (lost) => this.refuseParked(lost),
        onBack: () => void this.recover(),
      });
      this.routes.set(redis, route);
    }
    return route;
  }

  private expose(route: CallRoute): void {
    for (const pending of this.pending.values())
      if (pending.route === route && pending.state !== 'parked') pending.exposed = pending.mayHaveBegun = true;
  }

  private refuseParked(route: CallRoute): void {
    for (const pending of [...this.pending.values()])
      if (pending.route === route && pending.state === 'parked') this.settle(pending, redisUnavailable());
  }

  /** First replies that came while nobody was subscribed, then the calls that are still open. */
  private async recover(): Promise<void> {
    if ([...this.routes.values()].every((route) => route.isAway)) return;
    try {
      if ([...this.pending.values()].some((pending) => pending.exposed)) await this.receiver.collect();
      this.resend();
    } catch {
      // Away again; on a Cluster perhaps only the replies' own slot, which no route notices.
      this.recoverSoon();
    }
  }

  /** After a moment: the connection may be back before the rejections are, and a server that starts or a slot that moves takes one. */
  private recoverSoon(): void {
    this.recoverTimer ??= setTimeout(() => {
      this.recoverTimer = undefined;
      void this.recover();
    }, RESEND_MS);
  }

  private resend(): void {
    for (const pending of this.pending.values()) {
      if (pending.route.isAway) continue;
      const lost =
        pending.state === 'parked' || (pending.exposed && pending.state !== 'sending' && isRepeatable(pending));
      if (!lost) continue;
      pending.exposed = pending.exposed && !isRepeatable(pending);
      this.batcher.add(pending);
    }
  }
}
