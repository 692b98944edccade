import { CallError } from '@perennial/contracts-kernel';
import { type Logger, unexpected } from '@perennial/runtime';
import {
  type Connections,
  isInTransition,
  isNotWritten,
  isRedisFull,
  isRedisUnavailable,
  isReplyError,
  type RedisCapacity,
  redisUnavailable,
  type WireSecrets,
} from '../redis';
import type { PendingCall } from './pending-call';
import { DISPATCH } from './scripts';
import { SealDirectory } from './seal-directory';
import { outsideTraces } from './tracing';
import { type CallRecord, RECORD_FIELD, requestContext, rpcKeys, SEALED_RECORD_FIELD, SIGNATURE_FIELD } from './wire';

/** UTF-16 units of records in one script: Redis is blocked while it runs one. */
const MAX_SCRIPT_LENGTH = 1024 * 1024;

export interface RequestBatcherOptions {
  connections: Pick<Connections, 'commandsFor' | 'keyspace'>;
  /** Signs and encrypts; without them calls are as in older versions. */
  secrets: WireSecrets | undefined;
  /** Every process runs a version that decrypts, so no check is needed. */
  requireSigned: boolean;
  capacity: RedisCapacity;
  log: Logger;
  /** Waiting and running calls that a service's stream may hold. */
  maxQueued: number;
  /** Bytes of large calls that a service's stream may hold. */
  maxQueuedBytes: number;
  /** Largest record, in UTF-16 units. */
  maxRecordLength: number;
  /** False once the call was cancelled or its time is up. */
  isOpen(pending: PendingCall): boolean;
  refuse(pending: PendingCall, error: CallError): void;
  /** The connection broke, or Redis cannot for a moment; the calls are `parked` (never executed) or `unsure`. */
  onBroken(): void;
}

/** Outgoing calls: one script per service for all of one turn of the event loop. */
export class RequestBatcher {
  private readonly queues = new Map<string, PendingCall[]>();
  /** Records of calls whose callers gave up, by service. */
  private readonly withdrawn = new Map<string, string[]>();
  private flushing = false;
  private readonly seals: SealDirectory;

  constructor(private readonly options: RequestBatcherOptions) {
    this.seals = new SealDirectory(options.connections);
  }

  add(pending: PendingCall): void {
    pending.state = 'sending';
    const queue = this.queues.get(pending.call.service);
    if (queue) queue.push(pending);
    else this.queues.set(pending.call.service, [pending]);
    this.flushSoon();
  }

  /**
   * Removes the record of a call whose caller gave up, best effort: unwanted calls must not pile up at a hanging service.
   */
  withdraw(service: string, streamId: string): void {
    const ids = this.withdrawn.get(service);
    if (ids) ids.push(streamId);
    else this.withdrawn.set(service, [streamId]);
    this.flushSoon();
  }

  private flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    outsideTraces(() => setImmediate(() => this.flush()));
  }

  private flush(): void {
    const { connections } = this.options;
    this.flushing = false;
    for (const [service, queue] of this.queues) void this.dispatch(service, queue);
    this.queues.clear();
    for (const [service, ids] of this.withdrawn) {
      // A replica that works on it acknowledges it itself.
      const stream = rpcKeys.requests(connections.keyspace.of(service), service);
      connections
        .commandsFor(service)
        .xdel(stream, ...ids)
        .catch(() => undefined);
    }
    this.withdrawn.clear();
  }

  /** In order. Large calls take several scripts, one after another. */
  private async dispatch(service: string, queue: readonly PendingCall[]): Promise<void> {
    let batch: PendingCall[] = [];
    let records: EncodedRecord[] = [];
    let length = 0;
    const isSealing = queue.some(({ call }) => call.sealed === true) && (await this.maySeal(service));
    for (const pending of queue) {
      const record = this.options.isOpen(pending) ? this.encode(pending, isSealing) : undefined;
      if (record === undefined) continue;
      if (length > 0 && length + record.json.length > MAX_SCRIPT_LENGTH) {
        await this.send(service, batch, records);
        [batch, records, length] = [[], [], 0];
      }
      batch.push(pending);
      records.push(record);
      length += record.json.length;
    }
    if (batch.length > 0) await this.send(service, batch, records);
  }

  private async send(service: string, batch: readonly PendingCall[], records: readonly EncodedRecord[]): Promise<void> {
    const { connections, capacity, maxQueued, maxQueuedBytes } = this.options;
    try {
      const args: (string | number)[] = [maxQueued, maxQueuedBytes, SIGNATURE_FIELD];
      for (const { field, json, signature } of records) args.push(field, json, signature);
      const prefix = connections.keyspace.of(service);
      const keys = [rpcKeys.requests(prefix, service), rpcKeys.queuedBytes(prefix, service)];
      this.sent(batch, await DISPATCH.run(connections.commandsFor(service), keys, args));
      capacity.wrote();
    } catch (error) {
      capacity.failed(error);
      this.failed(batch, error);
    }
  }

  /** If the connection is broken, sending fails too and parks the call. */
  private async maySeal(service: string): Promise<boolean> {
    const { secrets, requireSigned } = this.options;
    if (!secrets) return false;
    return requireSigned || (await this.seals.opened(service).catch(() => true));
  }

  private encode(pending: PendingCall, isSealing: boolean): EncodedRecord | undefined {
    const { pattern } = pending.call;
    try {
      const record = encodeRecord(pending, this.options.secrets, isSealing);
      if (record.plainLength <= this.options.maxRecordLength) return record;
      this.options.refuse(pending, new CallError('PAYLOAD_TOO_LARGE', `The request of ${pattern} is too large.`));
    } catch (error) {
      // A schema that accepts values that JSON cannot represent, for example a bigint.
      this.options.refuse(pending, unexpected(this.options.log, error, `${pattern} failed unexpectedly`));
    }
    return undefined;
  }

  private sent(batch: readonly PendingCall[], added: readonly string[]): void {
    for (const [index, pending] of batch.entries()) {
      const streamId = added[index];
      const { isRepeated } = pending;
      pending.isRepeated = false;
      if (streamId !== undefined) {
        if (isRepeated && pending.isWithdrawn && pending.streamId !== undefined)
          this.withdraw(pending.call.service, pending.streamId);
        pending.streamId = streamId;
        if (pending.state === 'sending') pending.state = 'sent';
        if (pending.isGivenUp) this.withdraw(pending.call.service, streamId);
        continue;
      }
      if (isRepeated) {
        // Its first record is still there, and its replica may resume.
        pending.state = 'sent';
        continue;
      }
      const message = `The service "${pending.call.service}" has too many calls waiting. Try again in a moment.`;
      this.options.refuse(pending, new CallError('UNAVAILABLE', message, { retryAfter: 1, refused: true }));
    }
  }

  private failed(batch: readonly PendingCall[], error: unknown): void {
    if (isReplyError(error) && !isInTransition(error)) {
      if (!isRedisFull(error)) this.options.log.warn({ err: error }, 'Redis refused calls');
      const refusal = isRedisUnavailable(error)
        ? redisUnavailable()
        : new CallError('INTERNAL', 'The message broker refused the call.');
      for (const pending of batch) this.options.refuse(pending, refusal);
      return;
    }
    const written = !isNotWritten(error) && !isInTransition(error);
    for (const pending of batch) {
      pending.state = written ? 'unsure' : 'parked';
      if (written) pending.exposed = true;
    }
    this.options.onBroken();
  }
}

interface EncodedRecord {
  field: typeof RECORD_FIELD | typeof SEALED_RECORD_FIELD;
  json: string;
  /** Empty: not signed. */
  signature: string;
  /** UTF-16 units of the request before encryption: the limit applies to these. */
  plainLength: number;
}

function encodeRecord(
  { id, call, deadlineAt, inlineLength, deliveries }: PendingCall,
  secrets: WireSecrets | undefined,
  isSealing: boolean,
): EncodedRecord {
  const context = requestContext(call.service);
  const sealing = isSealing && call.sealed === true ? secrets : undefined;
  const data = sealing && JSON.stringify(call.data);
  const sealed = data === undefined ? undefined : sealing?.seal(context, data);
  const record: CallRecord = {
    i: id,
    p: call.pattern,
    b: Math.max(1, Math.ceil(deadlineAt - performance.now())),
    u: call.principal,
    k: call.key,
    t: call.trace,
    m: inlineLength,
    a: Date.now(),
    ...(deliveries === 0 ? {} : { n: deliveries }),
    ...(sealed === undefined ? { d: call.data } : { z: sealed }),
  };
  const json = JSON.stringify(record);
  return {
    field: sealed === undefined ? RECORD_FIELD : SEALED_RECORD_FIELD,
    json,
    signature: secrets?.sign(context, json) ?? '',
    plainLength: json.length - (sealed?.length ?? 0) + (data?.length ?? 0),
  };
}
