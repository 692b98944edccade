import type { RunConnections } from '../redis/connections';
import { isRedisFull } from '../redis/errors';
import { RedisScript } from '../redis/script';
import type { SubscriptionMessage } from './frame';
import type { RunKeys } from './keys';

/** A gateway that has not renewed for this long is gone, and its subscriptions are ignored. */
const HELD_TTL_MS = 5_000;
const FORGET_GATEWAY_MS = 60_000;
/** Members per command when everything is written again. */
const CHUNK = 1_000;

/**
 * Heartbeat of one gateway. A full Redis refuses ZADD even for an existing member: then no gateway is removed, because none can prove that it
 * lives. Keys of another type are removed.
 * KEYS[1] its held set   KEYS[2] sorted set of all gateways ARGV[1] tag   ARGV[2] expected members   ARGV[3] ttl ms   ARGV[4] age ms at which
 * other gateways are forgotten Output: 1 if the set is as expected and the gateway is listed, else 0 (write it again)
 */
const REFRESH = new RedisScript<number>(`
local function call(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then return nil, reply.err end
  return reply
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local added, refusal = call('ZADD', KEYS[2], now, ARGV[1])
if refusal and string.find(refusal, 'WRONGTYPE', 1, true) then
  redis.call('DEL', KEYS[2])
  added = call('ZADD', KEYS[2], now, ARGV[1])
end
if added then redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[4]) end
local count = call('SCARD', KEYS[1])
if not count then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if count ~= tonumber(ARGV[2]) or not call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
return 1
`);

/** This gateway's subscriptions, in Redis for the workers. Restored automatically when Redis loses them. */
export class SubscriptionRegistry {
  private readonly counts = new Map<string, number>();
  private readonly added = new Set<string>();
  private readonly removed = new Set<string>();
  private broken = false;
  private flushQueued = false;
  private refreshing = false;
  private stopped = false;

  constructor(
    private readonly connections: Pick<RunConnections, 'commands' | 'publish'>,
    private readonly keys: RunKeys,
    private readonly tag: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  has(key: string): boolean {
    return this.counts.has(key);
  }

  /** Holds a key until the returned function is called. The workers are notified within milliseconds. */
  hold(key: string): () => void {
    const count = this.counts.get(key) ?? 0;
    this.counts.set(key, count + 1);
    if (count === 0) {
      this.removed.delete(key);
      this.added.add(key);
      this.flushSoon();
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.counts.get(key) ?? 1) - 1;
      if (left > 0) {
        this.counts.set(key, left);
        return;
      }
      this.counts.delete(key);
      this.added.delete(key);
      this.removed.add(key);
      this.flushSoon();
    };
  }

  /** Announces a subscription again, as if it had just been added. */
  announce(message: Omit<SubscriptionMessage, 'g'>): void {
    const text: SubscriptionMessage = { g: this.tag, ...message };
    this.connections.publish(this.keys.interest, JSON.stringify(text)).catch(this.onError);
  }

  /**
   * Renews the registration, or writes it again if Redis has something else. Called each second, and when Redis is back.
   */
  async refresh(): Promise<void> {
    if (this.refreshing || this.stopped) return;
    this.refreshing = true;
    try {
      // Sent together, so that the set has the counted members when the script reads it.
      const flushed = this.flush();
      const keys = [this.keys.held(this.tag), this.keys.gateways];
      const args = [this.tag, this.counts.size, HELD_TTL_MS, FORGET_GATEWAY_MS];
      const [isWhole] = await Promise.all([REFRESH.run(this.connections.commands, keys, args), flushed]);
      if (isWhole === 0 || this.broken) await this.rewrite();
    } catch (error) {
      this.broken = true;
      if (isRedisFull(error)) this.tellHeld();
      this.onError(error);
    } finally {
      this.refreshing = false;
    }
  }

  /** Best effort: the rest expires. */
  async close(): Promise<void> {
    this.stopped = true;
    this.counts.clear();
    const leave = [
      this.connections.commands.del(this.keys.held(this.tag)),
      this.connections.commands.zrem(this.keys.gateways, this.tag),
    ];
    await Promise.all(leave).catch(this.onError);
  }

  private flushSoon(): void {
    if (this.flushQueued) return;
    this.flushQueued = true;
    setImmediate(() => {
      this.flushQueued = false;
      this.flush().catch((error: unknown) => {
        this.broken = true;
        this.onError(error);
      });
    });
  }

  /**
   * First the set, then the notice, on one connection: a worker that reads the set after the notice finds the member.
   */
  private async flush(): Promise<void> {
    if (this.stopped || this.added.size + this.removed.size === 0) return;
    const added = [...this.added];
    const removed = [...this.removed];
    this.added.clear();
    this.removed.clear();
    const held = this.keys.held(this.tag);
    const sent: Promise<unknown>[] = [];
    if (removed.length > 0) sent.push(this.connections.commands.srem(held, ...removed));
    if (added.length > 0) {
      sent.push(this.connections.commands.sadd(held, ...added), this.connections.commands.pexpire(held, HELD_TTL_MS));
      this.announce({ k: added });
    }
    await Promise.all(sent);
  }

  private async rewrite(): Promise<void> {
    const held = this.keys.held(this.tag);
    const members = chunksOf([...this.counts.keys()]);
    // Read before anything is removed: the old content of a full Redis is better than none.
    const [first] = members;
    if (first) await this.connections.commands.sadd(held, ...first);
    this.broken = false;
    const sent: Promise<unknown>[] = [this.connections.commands.del(held)];
    for (const chunk of members) sent.push(this.connections.commands.sadd(held, ...chunk));
    sent.push(this.connections.commands.pexpire(held, HELD_TTL_MS));
    for (const chunk of members) this.announce({ k: chunk });
    await Promise.all(sent);
  }

  /** The registry cannot be written, but Pub/Sub works: the workers are told directly, each second. */
  private tellHeld(): void {
    for (const chunk of chunksOf([...this.counts.keys()])) this.announce({ h: chunk });
  }
}

function chunksOf(members: readonly string[]): string[][] {
  const chunks: string[][] = [];
  for (let at = 0; at < members.length; at += CHUNK) chunks.push(members.slice(at, at + CHUNK));
  return chunks;
}
