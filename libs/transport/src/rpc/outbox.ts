import { Logger } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import type { Redis } from 'ioredis';
import {
  isNotWritten,
  isRedisFull,
  isRedisUnavailable,
  isReplyError,
  type RedisCapacity,
  redisUnavailable,
} from '../redis';
import { internalFailure } from './failure';
import type { PendingCall } from './pending-call';
import { DISPATCH } from './scripts';
import { outsideTraces } from './tracing';
import { type CallRecord, RECORD_FIELD, rpcKeys } from './wire';

export interface OutboxOptions {
  redis: Redis;
  capacity: RedisCapacity;
  keyPrefix: string;
  /** Waiting and running calls that a service's stream may hold. */
  maxQueued: number;
  /** Largest record, in UTF-16 units. */
  maxRecordLength: number;
  /** False once the call was cancelled or its time is up. */
  isOpen(pending: PendingCall): boolean;
  refuse(pending: PendingCall, error: CallError): void;
  /** The connection broke; the calls are `parked` (never left) or `unsure`. */
  onBroken(): void;
}

/** Calls on their way out: all of one turn of the event loop to one service are one script. */
export class Outbox {
  private readonly logger = new Logger('RpcClient');
  private readonly queues = new Map<string, PendingCall[]>();
  private flushing = false;

  constructor(private readonly options: OutboxOptions) {}

  add(pending: PendingCall): void {
    pending.state = 'sending';
    const queue = this.queues.get(pending.call.service);
    if (queue) queue.push(pending);
    else this.queues.set(pending.call.service, [pending]);
    if (this.flushing) return;
    this.flushing = true;
    outsideTraces(() => setImmediate(() => this.flush()));
  }

  private flush(): void {
    this.flushing = false;
    for (const [service, queue] of this.queues) void this.dispatch(service, queue);
    this.queues.clear();
  }

  private async dispatch(service: string, queue: readonly PendingCall[]): Promise<void> {
    const { redis, capacity, keyPrefix, maxQueued } = this.options;
    const batch: PendingCall[] = [];
    const args: (string | number)[] = [maxQueued, RECORD_FIELD];
    for (const pending of queue) {
      const record = this.options.isOpen(pending) ? this.encode(pending) : undefined;
      if (record === undefined) continue;
      batch.push(pending);
      args.push(record);
    }
    if (batch.length === 0) return;
    try {
      this.sent(batch, await DISPATCH.run(redis, [rpcKeys.requests(keyPrefix, service)], args));
      capacity.wrote();
    } catch (error) {
      capacity.failed(error);
      this.failed(batch, error);
    }
  }

  private encode(pending: PendingCall): string | undefined {
    const { pattern } = pending.call;
    try {
      const record = encodeRecord(pending);
      if (record.length <= this.options.maxRecordLength) return record;
      this.options.refuse(pending, new CallError('PAYLOAD_TOO_LARGE', `The request of ${pattern} is too large.`));
    } catch (error) {
      // A schema that lets through what JSON cannot say, a bigint for example.
      const { code, message, details } = internalFailure(error, pattern, this.logger);
      this.options.refuse(pending, new CallError(code, message, details));
    }
    return undefined;
  }

  private sent(batch: readonly PendingCall[], added: number): void {
    for (const [index, pending] of batch.entries()) {
      if (index < added) {
        if (pending.state === 'sending') pending.state = 'sent';
        continue;
      }
      const message = `The service "${pending.call.service}" has too many calls waiting. Try again in a moment.`;
      this.options.refuse(pending, new CallError('RESOURCE_EXHAUSTED', message, { retryAfter: 1 }));
    }
  }

  private failed(batch: readonly PendingCall[], error: unknown): void {
    if (isReplyError(error)) {
      if (!isRedisFull(error)) this.logger.warn(`Redis refused calls: ${error.message}`);
      const refusal = isRedisUnavailable(error)
        ? redisUnavailable()
        : new CallError('INTERNAL', 'The message broker refused the call.');
      for (const pending of batch) this.options.refuse(pending, refusal);
      return;
    }
    const written = !isNotWritten(error);
    for (const pending of batch) {
      pending.state = written ? 'unsure' : 'parked';
      if (written) pending.exposed = true;
    }
    this.options.onBroken();
  }
}

function encodeRecord({ id, call, deadlineAt }: PendingCall): string {
  const record: CallRecord = {
    i: id,
    p: call.pattern,
    b: Math.max(1, deadlineAt - Date.now()),
    u: call.principal,
    k: call.key,
    t: call.trace,
    d: call.data,
  };
  return JSON.stringify(record);
}
