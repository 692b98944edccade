import type { RedisClient } from '../redis/create-redis';
import { isReplyError } from '../redis/errors';
import type { SubscriptionMessage } from './frame';
import { runKey, type RunKeys, userKey } from './keys';
import type { StreamWriter } from './stream-writer';

/** Maximum age of the list of gateways when a run is opened; a new gateway announces its subscriptions itself. */
const GATEWAYS_FRESH_MS = 750;
/** A registry that Redis lost is complete again within 1 s, so one check without a reader proves nothing. */
const MISSES = 2;
/** A gateway that cannot register announces its subscriptions each second. */
const TOLD_FRESH_MS = 3_000;

/** Knows which gateways have readers of this process's runs: reads the registry, and receives announcements. */
export class SubscriberDirectory {
  private gateways: string[] = [];
  private loadedAt = -Infinity;

  constructor(
    private readonly redis: RedisClient,
    private readonly keys: RunKeys,
    /** A run must be opened at a gateway. */
    private readonly onChange: (writer: StreamWriter) => void,
  ) {}

  /**
   * Reads the registry for all writers: one SMISMEMBER per gateway. Rejects while Redis is away; earlier results are kept.
   */
  async check(writers: readonly StreamWriter[]): Promise<void> {
    if (writers.length === 0) return;
    const startedAt = performance.now();
    const gateways = await this.known(startedAt);
    const members = [...new Set(writers.flatMap(membersOf))];
    const replies = await Promise.all(gateways.map((gateway) => this.heldOf(gateway, members)));
    for (const writer of writers) writer.subscribersKnown = true;
    for (const [index, gateway] of gateways.entries()) {
      const held = new Set(members.filter((_, at) => replies[index]?.[at] === 1));
      for (const writer of writers) this.apply(writer, gateway, held, startedAt);
    }
    for (const writer of writers) {
      for (const gateway of writer.destinations.keys()) {
        if (!gateways.includes(gateway)) this.apply(writer, gateway, new Set(), startedAt);
      }
      if (writer.liveDirty) this.onChange(writer);
    }
  }

  /** Gateways with at least one of these members. */
  async holders(member: string): Promise<string[]> {
    const holders = await this.holdersOf(new Set([member]));
    return [...holders].filter(([, held]) => held.has(member)).map(([gateway]) => gateway);
  }

  /** The members of each gateway among these: one SMISMEMBER per gateway. */
  async holdersOf(members: ReadonlySet<string>): Promise<Map<string, Set<string>>> {
    const gateways = await this.known(performance.now());
    const asked = [...members];
    const replies = await Promise.all(gateways.map((gateway) => this.heldOf(gateway, asked)));
    return new Map(
      gateways.map((gateway, index) => [gateway, new Set(asked.filter((_, at) => replies[index]?.[at] === 1))]),
    );
  }

  /** A gateway has new subscriptions, cannot register, or does not know an alias. Opens the requested runs (again). */
  hear(message: SubscriptionMessage, worker: string, writers: Iterable<StreamWriter>): void {
    const gateway = message.g;
    if (!this.gateways.includes(gateway)) this.gateways.push(gateway);
    const wanted = new Set(message.k);
    const told = new Set(message.h);
    const aliases = message.w === worker ? (message.a ?? []) : [];
    for (const writer of writers) {
      if (told.size > 0) this.heldBy(writer, gateway, told);
      const reader = wanted.has(runKey(writer.identity.runId));
      const asked = aliases.some((alias) => writer.hasAlias(alias)) && writer.destinations.has(gateway);
      if (!asked && !isMember(writer, wanted)) continue;
      const known = writer.destinations.get(gateway);
      writer.destinations.set(gateway, {
        opened: false,
        reader: reader || (known?.reader ?? false),
        misses: 0,
        since: performance.now(),
      });
      this.onChange(writer);
    }
  }

  /**
   * For each member 1 if the gateway has it. A key of another type counts as empty: its gateway writes it again within a second.
   */
  private async heldOf(gateway: string, members: readonly string[]): Promise<number[]> {
    try {
      return await this.redis.smismember(this.keys.held(gateway), ...members);
    } catch (error) {
      if (isReplyError(error) && error.message.startsWith('WRONGTYPE')) return [];
      throw error;
    }
  }

  private heldBy(writer: StreamWriter, gateway: string, told: ReadonlySet<string>): void {
    if (!isMember(writer, told)) return;
    const now = performance.now();
    const known = writer.destinations.get(gateway);
    if (known) {
      known.toldAt = now;
      return;
    }
    const reader = told.has(runKey(writer.identity.runId));
    writer.destinations.set(gateway, { opened: false, reader, misses: 0, since: now, toldAt: now });
    this.onChange(writer);
  }

  private apply(writer: StreamWriter, gateway: string, held: ReadonlySet<string>, startedAt: number): void {
    const reader = held.has(runKey(writer.identity.runId));
    const known = writer.destinations.get(gateway);
    if (isMember(writer, held)) {
      if (known) {
        known.misses = 0;
        known.reader = reader || (known.reader && known.since >= startedAt);
      } else {
        writer.destinations.set(gateway, { opened: false, reader, misses: 0, since: startedAt });
        this.onChange(writer);
      }
    } else if (known?.toldAt !== undefined && startedAt - known.toldAt < TOLD_FRESH_MS) {
      known.misses = 0;
    } else if (known && known.since < startedAt && ++known.misses >= MISSES) {
      writer.destinations.delete(gateway);
    }
  }

  private async known(now: number): Promise<string[]> {
    if (now - this.loadedAt >= GATEWAYS_FRESH_MS || this.gateways.length === 0) {
      this.gateways = await this.redis.zrange(this.keys.gateways, 0, -1);
      this.loadedAt = now;
    }
    return [...this.gateways];
  }
}

/** Whether a holder of these keys sees the writer's text. */
function isMember(writer: StreamWriter, held: ReadonlySet<string>): boolean {
  return membersOf(writer).some((member) => held.has(member));
}

/** A plain completion is in no chat: only its own readers count. */
function membersOf(writer: StreamWriter): string[] {
  const { runId, userId, chatId } = writer.identity;
  return chatId === undefined ? [runKey(runId)] : [runKey(runId), userKey(userId)];
}
