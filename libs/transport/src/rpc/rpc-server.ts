import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { type Call, CallError } from '@perennial/contracts-kernel';
import { type Logger, waitAtMost } from '@perennial/runtime';
import type { Redis } from 'ioredis';
import { noticeChannel } from '../notices/notices';
import { type Connections, TO_ALL } from '../redis';
import { RecordReader } from './call-record';
import { CallRunner, type Delivery, type RunningCall } from './call-runner';
import { DeadlineWheel } from './deadline-wheel';
import { missingHandlers } from './handler-check';
import type { RpcMetrics } from './metrics';
import { RecentCalls } from './recent-calls';
import { ReplicaHeartbeat } from './replica-heartbeat';
import { ReplyBatcher } from './reply-batcher';
import { type RedeliveredRecord, RequestReader, type StreamRecord } from './request-reader';
import { LEAVE } from './scripts';
import { OPENS_SEALS } from './seal-directory';
import { type CallRecord, REPLICA_GROUP, rpcKeys } from './wire';

export interface RpcServerOptions {
  /** Concurrent calls; further ones stay in the stream for other replicas. */
  concurrency?: number;
  /** Calls that this service must answer; a missing handler stops the start. */
  calls?: readonly Call[];
  /** Deliveries after which a call is no longer retried: it may be the cause of the deaths. */
  maxDeliveries?: number;
  /** Longest answer, in UTF-16 units. */
  maxReplyLength?: number;
  metrics?: RpcMetrics;
}

const DEFAULTS = { concurrency: 64, maxDeliveries: 4, maxReplyLength: 8 * 1024 * 1024 };
/** Idle time of records that are handed over: above every claim limit. */
const HANDED_OVER_IDLE_MS = 60_000;
const HEALTHY_WITHIN_MS = 3_000;
const CLOSE_MS = 5_000;
/** A longer text is not a call id and is not remembered. */
const MAX_CALL_ID_LENGTH = 250;

/**
 * Nest's server side of our calls: one replica of the service handles each call, and its caller gets exactly one reply.
 */
export class RedisRpcServer extends Server implements CustomTransportStrategy {
  private readonly log: Logger;
  private readonly options: RpcServerOptions & typeof DEFAULTS;
  /** By call id. */
  private readonly running = new Map<string, RunningCall>();
  private readonly recent = new RecentCalls();
  private readonly wheel = new DeadlineWheel();
  private readonly stream: string;
  /** For commands on the stream. */
  private readonly redis: Redis;
  /** Source of its dead letters. */
  private readonly source: string;
  /** This replica in its group; the suffix of the name says what it can read. */
  private readonly consumer: string;
  private readonly records: RecordReader;
  private readonly replies: ReplyBatcher;
  private readonly heartbeat: ReplicaHeartbeat;
  private readonly runner: CallRunner;
  private reader: RequestReader | undefined;
  private isYielding = false;
  private slotFreed: (() => void) | undefined;
  private drained: (() => void) | undefined;
  private draining: Promise<void> | undefined;
  private readonly unsubscribe: (() => void)[] = [];

  constructor(
    private readonly connections: Connections,
    options: RpcServerOptions = {},
  ) {
    super();
    const { service } = connections.options;
    this.log = connections.logger('rpc-server');
    this.options = { ...DEFAULTS, ...options };
    this.stream = rpcKeys.requests(connections.keyspace.of(service), service);
    this.redis = connections.commandsFor(service);
    this.source = `rpc:${service}`;
    this.consumer = connections.secrets ? `${connections.processId}${OPENS_SEALS}` : connections.processId;
    this.replies = new ReplyBatcher(connections, this.redis, this.stream);
    this.records = new RecordReader({
      service,
      secrets: connections.secrets,
      requireSigned: connections.options.requireSigned ?? false,
      redisNow: () => this.heartbeat.redisNow(),
    });
    this.heartbeat = new ReplicaHeartbeat(this.redis, connections.logger('rpc-heartbeat'), {
      stream: this.stream,
      consumer: this.consumer,
      streamIds: () => this.streamIds(),
      free: () => (this.isYielding ? 0 : this.free()),
      onClaimed: (records) => this.onClaimed(records),
      onBeat: () => this.reader?.checkDeaf(),
      onClock: () => this.freed(),
    });
    this.runner = new CallRunner({
      ...this.options,
      service,
      log: this.log,
      metrics: options.metrics,
      handlers: this.messageHandlers,
      wheel: this.wheel,
      redisNow: () => this.heartbeat.redisNow(),
    });
    options.metrics?.gauge('server', () => this.running.size);
  }

  /** Running calls. */
  get inFlight(): number {
    return this.running.size;
  }

  /** True while this replica takes calls: for readiness. */
  get isReady(): boolean {
    return !this.draining && this.reader?.isHealthy === true && this.heartbeat.sinceGoodMs < HEALTHY_WITHIN_MS;
  }

  /** Starts taking calls; does not wait for Redis, because a process must come up without it. */
  listen(callback: (error?: unknown) => void): void {
    const { service } = this.connections.options;
    const missing = missingHandlers(this.options.calls ?? [], this.messageHandlers);
    if (missing) {
      callback(new Error(missing));
      return;
    }
    this.reader = new RequestReader(
      this.connections.create('blocking', service),
      this.redis,
      this.connections.logger('rpc-reader'),
      {
        stream: this.stream,
        consumer: this.consumer,
        mark: this.connections.secrets && rpcKeys.seals(this.connections.keyspace.of(service), service),
        free: () => this.free(),
        freed: () => new Promise((resolve) => (this.slotFreed = resolve)),
        isYielding: () => this.isYielding,
        streamIds: () => this.streamIds(),
        onRecords: (records) => {
          for (const record of records) this.accept(record, { count: 1, foreign: false });
        },
        onRedelivered: (records) => this.onRedelivered(records),
      },
    );
    const { keyspace } = this.connections;
    void this.listenTo(rpcKeys.cancels(keyspace.of(TO_ALL), service), (message) => this.onCancel(message));
    for (const [pattern, handler] of this.messageHandlers) {
      if (!handler.isEventHandler) continue;
      void this.listenTo(noticeChannel(keyspace, pattern), (message) => void this.onEvent(pattern, message));
    }
    this.heartbeat.start();
    this.reader.start();
    callback();
  }

  /** True: takes only calls that no other replica has taken for a quarter of a second; false: takes calls as they come. */
  yieldToOthers(isYielding: boolean): void {
    this.isYielding = isYielding;
    if (isYielding) void this.reader?.wake();
  }

  /**
   * Takes no further call and waits for running ones, at most `limitMs`. Calls that are not done by then are handed to other replicas (a
   * `once` call ends as OUTCOME_UNKNOWN there).
   */
  drain(limitMs: number): Promise<void> {
    this.draining ??= this.drainNow(limitMs);
    return this.draining;
  }

  async close(): Promise<void> {
    await this.drain(CLOSE_MS);
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
    if (!isEventHandler && this.messageHandlers.has(name)) {
      throw new Error(`Two handlers for the call "${name}": remove one @Handles.`);
    }
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  private async listenTo(channel: string, listener: (message: string) => void): Promise<void> {
    this.unsubscribe.push(await this.connections.subscriptions.subscribe(channel, listener));
  }

  private async drainNow(limitMs: number): Promise<void> {
    const endsAt = performance.now() + limitMs;
    const stopped = this.reader?.stop();
    this.slotFreed?.(); // The reader may be waiting for one.
    await stopped;
    if (this.running.size > 0) {
      await waitAtMost(new Promise<void>((resolve) => (this.drained = resolve)), endsAt - performance.now());
    }
    await this.replies.drained(Math.max(200, endsAt - performance.now()));
    this.heartbeat.stop();
    await this.leave();
    this.replies.close();
    this.wheel.stop();
    for (const stop of this.unsubscribe) stop();
  }

  private async leave(): Promise<void> {
    try {
      await LEAVE.run(
        this.redis,
        [this.stream],
        [REPLICA_GROUP, this.consumer, HANDED_OVER_IDLE_MS, ...this.streamIds()],
      );
    } catch {
      // Redis is away; the others find the records by their age.
    }
  }

  /** None before Redis's clock is known: a call whose deadline has passed must not be started. */
  private free(): number {
    if (this.draining || this.heartbeat.redisNow() === undefined) return 0;
    return this.options.concurrency - this.running.size;
  }

  private freed(): void {
    this.slotFreed?.();
    this.slotFreed = undefined;
  }

  /** Records of this replica: running, or answered and not yet sent. */
  private streamIds(): string[] {
    const ids = this.replies.streamIds();
    for (const running of this.running.values()) ids.push(...running.streamIds);
    return ids;
  }

  private onClaimed(records: readonly RedeliveredRecord[]): void {
    this.options.metrics?.claimed(records.length);
    this.onRedelivered(records);
  }

  private onRedelivered(records: readonly RedeliveredRecord[]): void {
    const known = new Set(this.streamIds());
    for (const record of records) {
      if (known.has(record.streamId)) continue;
      this.accept(record, { count: record.deliveries, foreign: !record.mine });
    }
  }

  private onCancel(callId: string): void {
    const running = this.running.get(callId);
    if (running) running.context?.stop(new CallError('CANCELLED', 'The caller cancelled the call.'));
    else if (callId.length <= MAX_CALL_ID_LENGTH) this.recent.cancelled(callId);
  }

  private async onEvent(pattern: string, message: string): Promise<void> {
    let payload: unknown;
    try {
      payload = JSON.parse(message);
    } catch {
      this.connections.deadLetters.put({ source: `event:${pattern}`, reason: 'not JSON', content: message });
      return;
    }
    try {
      await this.getHandlerByPattern(pattern)?.(payload);
    } catch (error) {
      this.log.error({ err: error, pattern }, 'handler of an event failed');
    }
  }

  private accept({ streamId, fields }: StreamRecord, delivery: Delivery): void {
    const read = this.records.read(fields);
    if ('malformed' in read) {
      const letter = { source: this.source, reason: read.malformed, content: JSON.stringify(fields) };
      this.connections.deadLetters.put(letter, { stream: this.stream, group: REPLICA_GROUP, streamId });
      return;
    }
    const { record, isSigned } = read;
    const { i: callId } = record;
    const twin = this.running.get(callId);
    if (twin) {
      twin.streamIds.push(streamId);
      return;
    }
    const earlier = this.recent.find(callId);
    if (earlier?.kind === 'cancelled') {
      this.replies.drop(streamId);
    } else if (earlier?.kind === 'answered') {
      const answer = { callId, frame: earlier.frame, inlineLength: record.m, isSigned };
      this.replies.add({ ...answer, streamIds: [streamId], isRead: false });
    } else {
      const running: RunningCall = { callId, streamIds: [streamId], context: undefined };
      this.running.set(callId, running);
      // Its caller may have repeated it: other replicas went silent with it, or could not do it.
      const count = delivery.count + (record.n ?? 0);
      void this.work(running, record, { ...delivery, count }, isSigned);
    }
  }

  private async work(running: RunningCall, record: CallRecord, delivery: Delivery, isSigned: boolean): Promise<void> {
    const frame = await this.runner.answer(running, record, delivery);
    const { callId, streamIds } = running;
    this.running.delete(callId);
    // A call that only reads may run again.
    const isRead = this.runner.effectOf(record.p) === 'read';
    if (!isRead) this.recent.answered(callId, frame);
    this.replies.add({ streamIds, callId, frame, inlineLength: record.m, isSigned, isRead });
    this.freed();
    if (this.running.size === 0) this.drained?.();
  }
}
