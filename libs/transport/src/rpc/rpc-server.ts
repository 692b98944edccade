import { Logger } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { CallError, PrincipalSchema, type Call, type ErrorCode } from '@perennial/contracts-kernel';
import { isObservable, lastValueFrom } from 'rxjs';
import { noticeChannel } from '../notices/notices';
import type { Connections } from '../redis';
import { Answers } from './answers';
import { CallContext } from './call-context';
import { DeadlineWheel } from './deadline-wheel';
import { issuesText, toFailure } from './failure';
import { missingHandlers } from './handler-check';
import type { RpcMetrics } from './metrics';
import { RecentCalls } from './recent-calls';
import { type ClaimedRecord, ReplicaPulse } from './replica-pulse';
import { RequestReader, type StreamRecord } from './request-reader';
import { LEAVE } from './scripts';
import { endSpan, startServerSpan, within } from './tracing';
import {
  type CallRecord,
  encodeFailure,
  encodeReply,
  type Failure,
  recordedAtMs,
  REPLICA_GROUP,
  rpcKeys,
  splitCallId,
} from './wire';

export interface RpcServerOptions {
  /** Calls in work at once; what waits beyond it stays in the stream for other replicas. */
  concurrency?: number;
  /** Calls that this service must answer; a missing handler stops the start. */
  calls?: readonly Call[];
  /** Deliveries after which a call is no longer tried: it may be what kills the replicas. */
  maxDeliveries?: number;
  /** Longest answer, in UTF-16 units. */
  maxReplyLength?: number;
  metrics?: RpcMetrics;
}

const DEFAULTS = { concurrency: 64, maxDeliveries: 4, maxReplyLength: 8 * 1024 * 1024 };
/** Idle time given to records that are handed over: above every claim limit. */
const HANDED_OVER_IDLE_MS = 60_000;
const HEALTHY_WITHIN_MS = 3_000;

interface Running {
  readonly streamId: string;
  readonly callId: string;
  readonly pattern: string;
  context: CallContext | undefined;
}

/** How a record came to this replica. */
interface Delivery {
  count: number;
  /** Another replica had it and died: it may have begun. */
  foreign: boolean;
}

/** Nest's server side of our calls: one replica of the service takes each call, exactly one answer goes to its caller. */
export class RedisRpcServer extends Server implements CustomTransportStrategy {
  private readonly log = new Logger('RpcServer');
  private readonly options: RpcServerOptions & typeof DEFAULTS;
  private readonly running = new Map<string, Running>();
  private readonly recent = new RecentCalls();
  private readonly wheel = new DeadlineWheel();
  private readonly stream: string;
  private readonly answers: Answers;
  private readonly pulse: ReplicaPulse;
  private reader: RequestReader | undefined;
  private slotFreed: (() => void) | undefined;
  private drained: (() => void) | undefined;
  private draining: Promise<void> | undefined;
  private unsubscribe: (() => void)[] = [];

  constructor(
    private readonly connections: Connections,
    options: RpcServerOptions = {},
  ) {
    super();
    this.options = { ...DEFAULTS, ...options };
    this.stream = rpcKeys.requests(connections.keyPrefix, connections.options.service);
    this.answers = new Answers(connections.commands, connections.keyPrefix, this.stream);
    this.pulse = new ReplicaPulse(connections.commands, {
      stream: this.stream,
      consumer: connections.processId,
      streamIds: () => [...this.running.keys(), ...this.answers.streamIds()],
      free: () => this.free(),
      onClaimed: (records) => this.onClaimed(records),
      onBeat: () => this.reader?.checkDeaf(),
    });
    options.metrics?.gauge('server', () => this.running.size);
  }

  /** Calls in work. */
  get inFlight(): number {
    return this.running.size;
  }

  /** True while this replica takes calls: for readiness. */
  get isReady(): boolean {
    return !this.draining && this.reader?.isHealthy === true && this.pulse.sinceGoodMs < HEALTHY_WITHIN_MS;
  }

  /** Starts taking calls; does not wait for Redis, because a process must come up without it. */
  listen(callback: (error?: unknown) => void): void {
    const { service } = this.connections.options;
    const missing = missingHandlers(this.options.calls ?? [], this.messageHandlers);
    if (missing) {
      callback(new Error(missing));
      return;
    }
    this.reader = new RequestReader(this.connections.create('blocking'), this.connections.commands, {
      stream: this.stream,
      consumer: this.connections.processId,
      free: () => this.free(),
      freed: () => new Promise((resolve) => (this.slotFreed = resolve)),
      onRecords: (records, mine) => {
        for (const record of records)
          if (!mine || !this.isKnown(record.streamId)) this.accept(record, { count: 1, foreign: false });
      },
    });
    const { keyPrefix } = this.connections;
    void this.listenTo(rpcKeys.cancels(keyPrefix, service), (message) => this.onCancel(message));
    for (const [pattern, handler] of this.messageHandlers) {
      if (handler.isEventHandler)
        void this.listenTo(noticeChannel(keyPrefix, pattern), (message) => this.onEvent(pattern, message));
    }
    this.pulse.start();
    this.reader.start();
    callback();
  }

  /**
   * Takes no further call and waits for those in work, at most `limitMs`. What is not done by then is handed to the other
   * replicas (a `once` call ends as OUTCOME_UNKNOWN there).
   */
  drain(limitMs: number): Promise<void> {
    this.draining ??= this.drainNow(limitMs);
    return this.draining;
  }

  async close(): Promise<void> {
    await this.drain(5_000);
  }

  on(): never {
    throw new Error('RedisRpcServer has no events of its own; use isReady');
  }

  unwrap<T>(): T {
    return this.connections.commands as T;
  }

  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    const name = this.normalizePattern(pattern as string);
    if (!isEventHandler && this.messageHandlers.has(name))
      throw new Error(`Two handlers for the call "${name}": remove one @Handles.`);
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  private async listenTo(channel: string, listener: (message: string) => void): Promise<void> {
    this.unsubscribe.push(await this.connections.subscriptions.subscribe(channel, listener));
  }

  private async drainNow(limitMs: number): Promise<void> {
    const endsAt = Date.now() + limitMs;
    await this.reader?.stop();
    if (this.running.size > 0) {
      const timer = setTimeout(() => this.drained?.(), Math.max(0, endsAt - Date.now()));
      await new Promise<void>((resolve) => (this.drained = resolve));
      clearTimeout(timer);
    }
    await this.answers.drained(Math.max(200, endsAt - Date.now()));
    this.pulse.stop();
    await this.leave();
    this.answers.close();
    this.wheel.stop();
    for (const stop of this.unsubscribe) stop();
  }

  private async leave(): Promise<void> {
    const redis = this.connections.commands;
    const { processId } = this.connections;
    const args = [REPLICA_GROUP, processId, HANDED_OVER_IDLE_MS, ...this.running.keys()];
    try {
      await LEAVE.run(redis, [this.stream], args);
    } catch {
      // Redis is away; the others find the records by their age.
    }
  }

  private free(): number {
    return this.draining ? 0 : this.options.concurrency - this.running.size;
  }

  private isKnown(streamId: string): boolean {
    return this.running.has(streamId) || this.answers.streamIds().includes(streamId);
  }

  private onClaimed(records: ClaimedRecord[]): void {
    this.options.metrics?.claimed(records.length);
    for (const record of records) {
      if (!this.isKnown(record.streamId)) this.accept(record, { count: record.deliveries, foreign: !record.mine });
    }
  }

  private onCancel(callId: string): void {
    this.recent.cancelled(callId);
    const reason = new CallError('CANCELLED', 'The caller cancelled the call.');
    for (const one of this.running.values()) if (one.callId === callId) one.context?.stop(reason);
  }

  private async onEvent(pattern: string, message: string): Promise<void> {
    try {
      await this.getHandlerByPattern(pattern)?.(JSON.parse(message));
    } catch (error) {
      this.log.error(`handler of event ${pattern} failed`, error instanceof Error ? error.stack : undefined);
    }
  }

  private accept({ streamId, json }: StreamRecord, delivery: Delivery): void {
    let record: CallRecord;
    try {
      record = JSON.parse(json) as CallRecord;
    } catch {
      this.log.error(`record ${streamId} is not JSON; dropped`);
      this.answers.drop(streamId);
      return;
    }
    const { i: callId, p: pattern } = record;
    const earlier = this.recent.find(callId);
    if (earlier?.kind === 'cancelled' || earlier?.kind === 'running') {
      this.answers.drop(streamId);
      return;
    }
    if (earlier?.kind === 'answered') {
      this.answers.add(streamId, callId, earlier.frame);
      return;
    }
    const running: Running = { streamId, callId, pattern, context: undefined };
    this.running.set(streamId, running);
    this.recent.started(callId);
    void this.handle(running, record, delivery);
  }

  private async handle(running: Running, record: CallRecord, delivery: Delivery): Promise<void> {
    const { callId, pattern } = running;
    const startedAt = performance.now();
    const span = startServerSpan(pattern, this.connections.options.service, record.t);
    const handler = this.messageHandlers.get(pattern);
    const call = handler?.extras?.['call'] as Call | undefined;
    const { call: number } = splitCallId(callId);
    let frame: string;
    let code: ErrorCode | undefined;
    try {
      const reply = await within(span, () => this.run(running, record, delivery, handler, call));
      frame = encodeReply(number, reply);
      if (frame.length > this.options.maxReplyLength)
        throw new CallError('PAYLOAD_TOO_LARGE', `The reply of ${pattern} is too large.`);
    } catch (error) {
      const failure = within(span, () => this.failure(error, running));
      code = failure.code;
      frame = encodeFailure(number, failure);
    }
    endSpan(span.span, code);
    this.options.metrics?.observe('server', pattern, code ?? 'OK', (performance.now() - startedAt) / 1_000);
    this.recent.ended(callId, call?.effect === 'read' ? undefined : frame);
    this.running.delete(running.streamId);
    this.answers.add(running.streamId, callId, frame);
    this.freeSlot();
  }

  private async run(
    running: Running,
    record: CallRecord,
    delivery: Delivery,
    handler: MessageHandler | undefined,
    call: Call | undefined,
  ): Promise<unknown> {
    const { pattern } = running;
    if (!handler || handler.isEventHandler) {
      // A newer caller during a rolling upgrade: another replica may know the call.
      throw new CallError('UNAVAILABLE', `This replica does not know the call "${pattern}".`, { retryAfter: 1 });
    }
    const remainingMs = recordedAtMs(running.streamId) + record.b - this.pulse.redisNow();
    if (remainingMs <= 0) throw new CallError('DEADLINE_EXCEEDED', `${pattern} was not begun in time.`);
    if (delivery.foreign && (call?.effect ?? 'once') === 'once') {
      throw new CallError('OUTCOME_UNKNOWN', `A replica died during ${pattern}; it may or may not have happened.`);
    }
    if (delivery.count > this.options.maxDeliveries) {
      throw new CallError('INTERNAL', `${pattern} was given up after ${delivery.count - 1} replicas died with it.`);
    }
    const principal = PrincipalSchema.safeParse(record.u);
    if (!principal.success) throw new CallError('INVALID_ARGUMENT', `The principal of ${pattern} is not valid.`);
    const request = call?.request.safeParse(record.d);
    if (request && !request.success) {
      throw new CallError('INVALID_ARGUMENT', `The request of ${pattern} is not valid: ${issuesText(request.error)}`);
    }
    const context = new CallContext(
      running.callId,
      principal.data,
      record.k ?? running.callId,
      Date.now() + remainingMs,
      delivery.count,
      (watched) => this.watchDeadline(watched),
    );
    running.context = context;
    const result: unknown = await handler(request ? request.data : record.d, context);
    const reply: unknown = isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result;
    if (!call) return reply;
    const checked = call.reply.safeParse(reply);
    if (!checked.success) throw new Error(`reply breaks its schema: ${issuesText(checked.error)}`);
    return checked.data;
  }

  /** A handler that gave up because its caller did says so, whatever it threw. */
  private failure(error: unknown, { pattern, context }: Running): Failure {
    if (context?.stopped && !(error instanceof CallError)) return context.stopped.toJSON();
    return toFailure(error, pattern, this.log);
  }

  private watchDeadline(context: CallContext): void {
    this.wheel.add(context.deadlineAt, () =>
      context.stop(new CallError('DEADLINE_EXCEEDED', 'The caller no longer waits.')),
    );
  }

  private freeSlot(): void {
    this.slotFreed?.();
    this.slotFreed = undefined;
    if (this.running.size === 0) this.drained?.();
  }
}
