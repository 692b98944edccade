import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { isRedisUnavailable } from '../redis';
import { REPLICA_GROUP } from './wire';

/** A request record as read from the stream. */
export interface StreamRecord {
  streamId: string;
  /** Names and values in turn, as they came: nobody has looked at them yet. */
  fields: string[];
}

/** A record that was delivered before. */
export interface RedeliveredRecord extends StreamRecord {
  /** This delivery included. */
  deliveries: number;
  /** It was delivered to this very process and to no other, and never arrived: certainly not begun. */
  mine: boolean;
}

/** A line of XPENDING. */
export type PendingEntry = [streamId: string, consumer: string, idleMs: number, deliveries: number];

export interface RequestReaderOptions {
  stream: string;
  consumer: string;
  /** Key that tells callers that replicas open seals; undefined: this one does not. */
  mark: string | undefined;
  /** Records that may still be taken now. */
  free(): number;
  /** Resolves when a slot is free again. */
  freed(): Promise<void>;
  /** Records that arrived here. */
  streamIds(): string[];
  onRecords(records: StreamRecord[]): void;
  /** Records that were on their way here when the connection broke. */
  onRedelivered(records: RedeliveredRecord[]): void;
}

/** Milliseconds in one blocking read; also how long a drain waits at worst when it cannot unblock the connection. */
const BLOCK_MS = 2_000;
/** A burst goes to several replicas, not all to the one that asks first. */
const MAX_BATCH = 16;
const RETRY_MS = 50;
/** What fails again and again (a key of another type, say) is not tried a thousand times a second. */
const MAX_RETRY_MS = 1_000;
const DEAF_AFTER_MS = 10_000;

/** Older servers say `null` for an entry that was deleted, or leave its fields out. */
type StreamEntry = [id: string, fields: string[] | null] | null;
type ReadReply = [stream: string, records: StreamEntry[]][] | null;

/** Takes calls from the request stream, never more than there are free slots: that is the replica's back-pressure. */
export class RequestReader {
  private readonly logger = new Logger('RpcReader');
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

  /** Cuts a read that Redis should have answered long ago (a connection that died silently). */
  checkDeaf(): void {
    if (this.readingSince === undefined || Date.now() - this.readingSince < BLOCK_MS + DEAF_AFTER_MS) return;
    this.logger.warn('blocking read does not return; connecting anew');
    this.readingSince = undefined;
    this.blocking.disconnect(true);
  }

  /** Takes no further record. Resolves when the last read has returned, so that nothing is delivered unseen. */
  async stop(): Promise<void> {
    this.stopping = true;
    let ended = false;
    void this.loop?.then(() => (ended = true));
    const giveUpAt = Date.now() + BLOCK_MS + 500;
    while (this.loop && !ended && Date.now() < giveUpAt) {
      // Again and again: a read may have been on its way when the first UNBLOCK came.
      if (this.clientId !== undefined) await this.commands.client('UNBLOCK', this.clientId).catch(() => undefined);
      await delay(20);
    }
    this.blocking.disconnect();
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
        const records = await this.read(Math.min(free, MAX_BATCH));
        this.failures = 0;
        if (records.length > 0) this.options.onRecords(records);
      } catch (error) {
        await this.failed(error);
      }
    }
  }

  /** After each connect: the group, and records that were delivered while the connection broke. */
  private async prepare(): Promise<void> {
    await this.createGroup();
    // A full Redis refuses it: then it is there already, or calls are refused too.
    if (this.options.mark !== undefined) await this.blocking.set(this.options.mark, '1').catch(() => undefined);
    await this.recoverLost();
    this.clientId = await this.blocking.client('ID');
    this.healthy = true;
  }

  /** At 0, not $: after Redis lost its memory a caller may have written before us. */
  private async createGroup(): Promise<void> {
    try {
      await this.blocking.xgroup('CREATE', this.options.stream, REPLICA_GROUP, '0', 'MKSTREAM');
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('BUSYGROUP')) throw error;
    }
  }

  /** XPENDING and not a read from 0, which says nothing about earlier deliveries to others. */
  private async recoverLost(): Promise<void> {
    const { stream, consumer } = this.options;
    const arrived = new Set(this.options.streamIds());
    const pending = (await this.blocking.xpending(stream, REPLICA_GROUP, '-', '+', 1_000, consumer)) as PendingEntry[];
    const lost = new Map(pending.filter(([id]) => !arrived.has(id)).map((entry) => [entry[0], entry]));
    if (lost.size === 0) return;
    const entries = await this.blocking.xclaim(stream, REPLICA_GROUP, consumer, 0, ...lost.keys());
    this.options.onRedelivered(toRedelivered(entries, lost, consumer));
  }

  private async read(count: number): Promise<StreamRecord[]> {
    const { stream, consumer } = this.options;
    this.readingSince = Date.now();
    try {
      const args = ['GROUP', REPLICA_GROUP, consumer, 'COUNT', count, 'BLOCK', BLOCK_MS, 'STREAMS', stream, '>'];
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
    if (!isExpected) this.logger.warn(`reading calls failed ${this.failures} times in a row: ${message}`);
    // The first time at once: a group that vanished is made again, and nobody waits for it.
    const isQuick = this.blocking.status === 'ready' && this.failures === 1;
    await delay(isQuick ? 1 : Math.min(RETRY_MS * 2 ** Math.min(this.failures - 1, 10), MAX_RETRY_MS));
  }
}

/** An entry that is gone, or whose fields are, was deleted meanwhile. */
export function toRecords(entries: readonly StreamEntry[]): StreamRecord[] {
  const records: StreamRecord[] = [];
  for (const entry of entries) if (entry?.[1]) records.push({ streamId: entry[0], fields: entry[1] });
  return records;
}

/** What XCLAIM returned, with what XPENDING had said of it. */
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

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
