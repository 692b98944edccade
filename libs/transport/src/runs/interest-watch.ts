import type { Redis } from 'ioredis';
import { isReplyError } from '../redis/errors';
import type { InterestMessage } from './frame';
import { runKey, userKey, type RunKeys } from './keys';
import type { Pen } from './writer';

/** The list of gateways may be this old when a run is opened; a new gateway announces what it holds by itself. */
const GATEWAYS_FRESH_MS = 750;
/** A registry that Redis forgot is whole again within 1 s: one check that does not find a reader proves nothing. */
const MISSES = 2;
/** A gateway that cannot register says each second what it holds. */
const TOLD_FRESH_MS = 3_000;

/** Knows which gateways hold readers of this process's runs: asks the registry, and hears of new ones at once. */
export class InterestWatch {
  private gateways: string[] = [];
  private loadedAt = 0;

  constructor(
    private readonly redis: Redis,
    private readonly keys: RunKeys,
    /** Something must be opened at a gateway. */
    private readonly onChange: (pen: Pen) => void,
  ) {}

  /** Asks the registry about all pens: one SMISMEMBER per gateway. Rejects while Redis is away; what was known stays. */
  async check(pens: readonly Pen[]): Promise<void> {
    if (pens.length === 0) return;
    const startedAt = Date.now();
    const gateways = await this.known(startedAt);
    const members = [...new Set(pens.flatMap(membersOf))];
    const replies = await Promise.all(gateways.map((gateway) => this.heldOf(gateway, members)));
    for (const pen of pens) pen.interestKnown = true;
    for (const [index, gateway] of gateways.entries()) {
      const held = new Set(members.filter((_, at) => replies[index]?.[at] === 1));
      for (const pen of pens) this.apply(pen, gateway, held, startedAt);
    }
    for (const pen of pens) {
      for (const gateway of pen.destinations.keys()) {
        if (!gateways.includes(gateway)) this.apply(pen, gateway, new Set(), startedAt);
      }
      if (pen.liveDirty) this.onChange(pen);
    }
  }

  /** The gateways of which any holds one of these members. */
  async holders(member: string): Promise<string[]> {
    const holders = await this.holdersOf(new Set([member]));
    return [...holders].filter(([, held]) => held.has(member)).map(([gateway]) => gateway);
  }

  /** For each gateway which of these members it holds: one SMISMEMBER per gateway. */
  async holdersOf(members: ReadonlySet<string>): Promise<Map<string, Set<string>>> {
    const gateways = await this.known(Date.now());
    const asked = [...members];
    const replies = await Promise.all(gateways.map((gateway) => this.heldOf(gateway, asked)));
    return new Map(
      gateways.map((gateway, index) => [gateway, new Set(asked.filter((_, at) => replies[index]?.[at] === 1))]),
    );
  }

  /** A gateway has begun to hold something, cannot register what it holds, or does not know an alias. Opens (again) what it asks for. */
  hear(message: InterestMessage, worker: string, pens: Iterable<Pen>): void {
    const gateway = message.g;
    if (!this.gateways.includes(gateway)) this.gateways.push(gateway);
    const wanted = new Set(message.k);
    const told = new Set(message.h);
    const aliases = message.w === worker ? (message.a ?? []) : [];
    for (const pen of pens) {
      if (told.size > 0) this.heldBy(pen, gateway, told);
      const reader = wanted.has(runKey(pen.identity.runId));
      const asked = aliases.some((alias) => pen.hasAlias(alias)) && pen.destinations.has(gateway);
      if (!asked && !isMember(pen, wanted)) continue;
      const known = pen.destinations.get(gateway);
      pen.destinations.set(gateway, {
        opened: false,
        reader: reader || (known?.reader ?? false),
        misses: 0,
        since: Date.now(),
      });
      this.onChange(pen);
    }
  }

  /** For each member 1 if the gateway holds it. A registry that is no set has nothing: its gateway writes it anew within a second. */
  private async heldOf(gateway: string, members: readonly string[]): Promise<number[]> {
    try {
      return await this.redis.smismember(this.keys.held(gateway), ...members);
    } catch (error) {
      if (isReplyError(error) && error.message.startsWith('WRONGTYPE')) return [];
      throw error;
    }
  }

  private heldBy(pen: Pen, gateway: string, told: ReadonlySet<string>): void {
    if (!isMember(pen, told)) return;
    const now = Date.now();
    const known = pen.destinations.get(gateway);
    if (known) {
      known.toldAt = now;
      return;
    }
    const reader = told.has(runKey(pen.identity.runId));
    pen.destinations.set(gateway, { opened: false, reader, misses: 0, since: now, toldAt: now });
    this.onChange(pen);
  }

  private apply(pen: Pen, gateway: string, held: ReadonlySet<string>, startedAt: number): void {
    const reader = held.has(runKey(pen.identity.runId));
    const known = pen.destinations.get(gateway);
    if (isMember(pen, held)) {
      if (known) {
        known.misses = 0;
        known.reader = reader || (known.reader && known.since >= startedAt);
      } else {
        pen.destinations.set(gateway, { opened: false, reader, misses: 0, since: startedAt });
        this.onChange(pen);
      }
    } else if (known?.toldAt !== undefined && startedAt - known.toldAt < TOLD_FRESH_MS) {
      known.misses = 0;
    } else if (known && known.since < startedAt && ++known.misses >= MISSES) {
      pen.destinations.delete(gateway);
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

/** Whether somebody who holds these keys sees what the pen writes. */
function isMember(pen: Pen, held: ReadonlySet<string>): boolean {
  return membersOf(pen).some((member) => held.has(member));
}

/** A plain completion has no chat to show: only its own readers count. */
function membersOf(pen: Pen): string[] {
  const { runId, userId, chatId } = pen.identity;
  return chatId === undefined ? [runKey(runId)] : [runKey(runId), userKey(userId)];
}
