import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@perennial/runtime';
import type { Redis } from 'ioredis';
import { isRedisUnavailable } from '../redis';
import { REPLICA_GROUP } from './wire';

/** A request record as read from the stream. */
export interface StreamRecord {
  streamId: string;
  /** Names and values in turn, not yet validated. */
  fields: string[];
}

/** A record that was delivered before. */
export interface RedeliveredRecord extends StreamRecord {
  /** Including this delivery. */
  deliveries: number;
  /** It was delivered to this process only, and was lost on the way: certainly not started. */
  mine: boolean;
}

/** A line of XPENDING. */
export type PendingEntry = [streamId: string, consumer: string, idleMs: number, deliveries: number];

export interface RequestReaderOptions {
  stream: string;
  consumer: string;
  /** Key by which callers see that replicas decrypt; undefined: this one does not. */
  mark: string | undefined;
  /** Free slots for further records. */
  free(): number;
  /** Resolves when a slot is free again. */
  freed(): Promise<void>;
  /** True: records are left to other replicas as far as these take them. */
  isYielding(): boolean;
  /** Records that arrived here. */
  streamIds(): string[];
  onRecords(records: StreamRecord[]): void;
  /** Records that were in transit to this process when the connection broke. */
  onRedelivered(records: RedeliveredRecord[]): void;
}

/** Milliseconds in one blocking read; also the longest wait of a drain that cannot unblock the connection. */
const BLOCK_MS = 2_000;
/** A burst is spread over replicas instead of going to the first that reads. */
const MAX_BATCH = 16;
/** A replica that yields looks so often for what nobody has taken, instead of waiting in line with the others. */
const YIELD_MS = 250;
const RETRY_MS = 50;
/** A lasting failure (for example a key of another type) is retried once a second, not a thousand times. */
const MAX_RETRY_MS = 1_000;
const DEAF_AFTER_MS = 10_000;

/** Older servers return `null` for an entry that was deleted, or omit its fields. */
type StreamEntry = [id: string, fields: string[] | null] | null;
type ReadReply = [stream: string, records: StreamEntry[]][] | null;

/** Reads calls from the request stream, never more than there are free slots: this is the replica's backpressure. */
export class RequestReader {
  private stopping = false;
  private loop: Promise<void> | undefined;
  private clientId: number | undefined;
  private readingSince: number | undefined;
  private healthy = false;
  private failures = 0;

  constructor(
    /** Its own connection: it blocks. */
    private readonly blocking: Redis,
    private readonly commands: Redis,
    private readonly log: Logger,
    private readonly options: RequestReaderOptions,
  ) {
    blocking.on('close', () => {
      this.clientId = undefined;
      this.healthy = false;
    });
  }

  /** True while the group exists and reads succeed. */
  get isHealthy(): boolean {
    return this.healthy;
  }

  start(): void {
    this.loop ??= this.run();
  }

  /** Closes the connection of a read that Redis should have answered long ago (a connection that died silently). */
  checkDeaf(): void {
    if (this.readingSince === undefined || performance.now() - this.readingSince < BLOCK_MS + DEAF_AFTER_MS) return;
    this.log.warn('blocking read does not return; reconnecting');
    this.readingSince = undefined;
    this.blocking.disconnect(true);
  }

  /** Ends the wait for records, so that the next read is of the right kind. */
  async wake(): Promise<void> {
    const { readingSince } = this;
    // Repeatedly: the read may have been in transit when the first UNBLOCK came.
    while (readingSince !== undefined && this.readingSince === readingSince) {
      await this.unblock();
      await sleep(20);
    }
  }

  /** Takes no further record. Resolves when the last read has returned, so that no record is delivered and lost. */
  async stop(): Promise<void> {
    this.stopping = true;
    let ended = false;
    void this.loop?.then(() => (ended = true));
    const giveUpAt = performance.now() + BLOCK_MS + 500;
    while (this.loop && !ended && performance.now() < giveUpAt) {
      // Repeatedly: a read may have been in transit when the first UNBLOCK came.
      await this.unblock();
      await sleep(20);
    }
    this.blocking.disconnect();
  }

  private async unblock(): Promise<void> {
    if (this.clientId !== undefined) await this.commands.client('UNBLOCK', this.clientId).catch(() => undefined);
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      try {
        if (this.clientId === undefined) await this.prepare();
        const free = this.options.free();
        if (free <= 0) {
          await this.options.freed();
          continue;
        }
        const isYielding = this.options.isYielding();
        if (isYielding) await sleep(YIELD_MS);
        const records = await this.read(Math.min(free, MAX_BATCH), !isYielding);
        this.failures = 0;
        if (records.length > 0) this.options.onRecords(records);
      } catch (error) {
        await this.failed(error);
      }
    }
  }

  /** After each connect: creates the group, and recovers records that were delivered while the connection broke. */
  private async prepare(): Promise<void> {
    await this.createGroup();
    // A full Redis refuses it: then the mark exists already, or calls are refused too.
    if (this.options.mark !== undefined) await this.blocking.set(this.options.mark, '1').catch(() => undefined);
    await this.recoverLost();
    this.clientId = await this.blocking.client('ID');
    this.healthy = true;
  }

  /** From 0, not $: after Redis lost its data a caller may have written first. */
  private async createGroup(): Promise<void> {
    try {
      await this.blocking.xgroup('CREATE', this.options.stream, REPLICA_GROUP, '0', 'MKSTREAM');
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('BUSYGROUP')) throw error;
    }
  }

  /** XPENDING instead of a read from 0, which does not show earlier deliveries to others. */
  private async recoverLost(): Promise<void> {
    const { stream, consumer } = this.options;
    const arrived = new Set(this.options.streamIds());
    const pending = (await this.blocking.xpending(stream, REPLICA_GROUP, '-', '+', 1_000, consumer)) as PendingEntry[];
    const lost = new Map(pending.filter(([id]) => !arrived.has(id)).map((entry) => [entry[0], entry]));
    if (lost.size === 0) return;
    const entries = await this.blocking.xclaim(stream, REPLICA_GROUP, consumer, 0, ...lost.keys());
    this.options.onRedelivered(toRedelivered(entries, lost, consumer));
  }

  private async read(count: number, waits: boolean): Promise<StreamRecord[]> {
    const { stream, consumer } = this.options;
    this.readingSince = performance.now();
    try {
      const wait = waits ? ['BLOCK', BLOCK_MS] : [];
      const args = ['GROUP', REPLICA_GROUP, consumer, 'COUNT', count, ...wait, 'STREAMS', stream, '>'];
      const reply = (await this.blocking.call('XREADGROUP', args)) as ReadReply;
      return toRecords(reply?.[0]?.[1] ?? []);
    } finally {
      this.readingSince = undefined;
    }
  }

  private async failed(error: unknown): Promise<void> {
    this.healthy = false;
    this.clientId = undefined; // Prepares again: a vanished group is the usual reason while connected.
    if (this.stopping) return;
    const message = error instanceof Error ? error.message : String(error);
    this.failures += 1;
    const isExpected = isRedisUnavailable(error) || /^(NOGROUP|UNBLOCKED)/.test(message);
    if (!isExpected) this.log.warn({ err: error, failures: this.failures }, 'reading calls failed');
    // The first retry is immediate: a lost group is created again without making calls wait.
    const isQuick = this.blocking.status === 'ready' && this.failures === 1;
    await sleep(isQuick ? 1 : Math.min(RETRY_MS * 2 ** Math.min(this.failures - 1, 10), MAX_RETRY_MS));
  }
}

/** An entry that is missing, or without fields, was deleted meanwhile. */
export function toRecords(entries: readonly StreamEntry[]): StreamRecord[] {
  const records: StreamRecord[] = [];
  for (const entry of entries) if (entry?.[1]) records.push({ streamId: entry[0], fields: entry[1] });
  return records;
}

/** Joins the result of XCLAIM with that of XPENDING. */
export function toRedelivered(
  entries: readonly unknown[],
  before: ReadonlyMap<string, PendingEntry>,
  consumer: string,
): RedeliveredRecord[] {
  return toRecords(entries as StreamEntry[]).map((record) => {
    const [, owner, , deliveries] = before.get(record.streamId) ?? ['', '', 0, 1];
    return { ...record, deliveries: deliveries + 1, mine: owner === consumer && deliveries === 1 };
  });
}
