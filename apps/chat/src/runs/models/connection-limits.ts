import { Inject, Injectable } from '@nestjs/common';
import { Runtime, withTimeout } from '@perennial/runtime';
import { Connections, RedisScript } from '@perennial/transport';
import { LocalShare } from './local-share';

/** What an admin set for a connection. */
export interface Limits {
  /** Requests of the whole installation at once; undefined: no limit. */
  concurrency: number | undefined;
  perMinute: number | undefined;
}

/** Who asks for a place. */
export interface Asker {
  userId: string;
  /** The same each time it asks. */
  ticket: string;
  /** It asks again until it has a place: who came earlier, or has fewer places, goes first. */
  mayWait: boolean;
}

/** A place at the provider, or when to ask again (milliseconds). */
export type Place = { release(): void } | { waitMs: number };

/** A worker that was killed keeps its places for this long; its answers wait for them in other workers. */
const LEASE_MS = 6_000;
const RENEW_MS = 2_000;
/** Who has not asked again for this long does not wait any more: its worker was killed. Longer than a provider's pause in which nobody asks. */
const WAITING_MS = 6_000;
/** Without an answer of Redis a process uses its own share. */
const REDIS_TIMEOUT_MS = 500;

/**
 * Limits of model connections across the fleet: a set of leases and a token bucket in Redis, asked by one script for each call of a connection
 * that has limits. Who waits for a place has a turn in the whole fleet: the user with the fewest places first, then the one who was served longest
 * ago, then who came first. While Redis is away each process keeps to its share, and there are no turns.
 */
@Injectable()
export class ConnectionLimits {
  /** By the key of their set. */
  private readonly leases = new Map<string, Set<string>>();
  private readonly local = new LocalShare();

  constructor(
    @Inject(Connections) private readonly connections: Connections,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {
    runtime.every(RENEW_MS, () => this.renew(), { name: 'renew places at providers', until: 'close' });
  }

  /**
   * Takes a place and a token, if it is the asker's turn.
   *
   * @param id of the connection, the same in every process
   */
  async take(id: string, { concurrency, perMinute }: Limits, asker: Asker): Promise<Place> {
    const key = this.keyOf(id);
    const lease = leaseOf(asker);
    const { processId } = this.connections;
    const limits = [concurrency ?? 0, perMinute ?? 0];
    const args = [...limits, lease, LEASE_MS, processId, asker.userId, asker.mayWait ? 1 : 0, WAITING_MS];
    try {
      const keys = ['leases', 'tokens', 'processes', 'waiting', 'asked', 'served'].map((what) => `${key}:${what}`);
      const [waitMs, processes] = await withTimeout(
        TAKE.run(this.connections.commands, keys, args),
        REDIS_TIMEOUT_MS,
        late,
      );
      this.local.shared(id, processes);
      if (waitMs > 0) return { waitMs };
    } catch {
      return this.local.take(id, { concurrency, perMinute });
    }
    const release = this.local.began(id);
    if (concurrency === undefined) return { release };
    this.hold(`${key}:leases`, lease);
    return {
      release: () => {
        release();
        this.letGo(`${key}:leases`, lease);
      },
    };
  }

  /** The asker does not wait any more. Best effort: otherwise its turn ends by itself. */
  leave(id: string, asker: Asker): void {
    if (!asker.mayWait) return;
    const key = this.keyOf(id);
    const lease = leaseOf(asker);
    for (const set of ['waiting', 'asked'])
      this.connections.commands.zrem(`${key}:${set}`, lease).catch(() => undefined);
  }

  /** One tag, so that a cluster keeps a connection's keys together. */
  private keyOf(id: string): string {
    return `${this.connections.keyPrefix}:connection:{${id}}`;
  }

  private hold(set: string, lease: string): void {
    const known = this.leases.get(set);
    if (known) known.add(lease);
    else this.leases.set(set, new Set([lease]));
  }

  private letGo(set: string, lease: string): void {
    const known = this.leases.get(set);
    if (!known?.delete(lease)) return;
    if (known.size === 0) this.leases.delete(set);
    // A lost one ends by itself.
    this.connections.commands.zrem(set, lease).catch(() => undefined);
  }

  /** One command for each set; it also writes again what Redis has forgotten. */
  private async renew(): Promise<void> {
    const renewals = [...this.leases].map(([set, leases]) =>
      withTimeout(RENEW.run(this.connections.commands, [set], [LEASE_MS, ...leases]), REDIS_TIMEOUT_MS, late),
    );
    // One that fails (a slot of a cluster is away) must not let the others lapse.
    const failed = (await Promise.allSettled(renewals)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }
}

function leaseOf({ userId, ticket }: Asker): string {
  return `${userId}|${ticket}`;
}

const late = (): Error => new Error('Redis does not answer in time.');

/**
 * Takes a place and a token, or none of both.
 *
 * KEYS: leases (by their end), tokens (`tokens`, `at`), processes (by when they asked last), who waits (leases by when they asked first), the same by when
 * they asked last, users by when they were served last while somebody waited. ARGV: concurrency and requests per minute (0: no limit), the lease
 * (`user|ticket`; older versions write no user), its milliseconds, the process, the user, whether it may wait (1), for how long it waits without asking again. The clock may
 * step back (a failover to a host that is behind): what it wrote before the step does not block until it is there again. Leases from then are
 * dropped, and their holders renew them. Returns the milliseconds to wait (0: taken) and the number of processes that have asked lately.
 */
const TAKE = new RedisScript<[number, number]>(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local concurrency, perMinute = tonumber(ARGV[1]), tonumber(ARGV[2])
local lease, user, mayWait = ARGV[3], ARGV[6], ARGV[7] == '1'
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - 60000)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '(' .. now, '+inf')
redis.call('ZADD', KEYS[3], now, ARGV[5])
redis.call('PEXPIRE', KEYS[3], 60000)
local processes = redis.call('ZCARD', KEYS[3])
local function userOf(member) return string.match(member, '^(.*)|') or '' end

local held, free = {}, math.huge
if concurrency > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. now + tonumber(ARGV[4]), '+inf')
  local leases = redis.call('ZRANGE', KEYS[1], 0, -1)
  for _, one in ipairs(leases) do held[userOf(one)] = (held[userOf(one)] or 0) + 1 end
  free = concurrency - #leases
end

for _, range in ipairs({{'-inf', now - tonumber(ARGV[8])}, {'(' .. now, '+inf'}}) do
  for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], range[1], range[2])) do
    redis.call('ZREM', KEYS[4], gone)
    redis.call('ZREM', KEYS[5], gone)
  end
end
local waiting = redis.call('ZRANGE', KEYS[4], 0, -1)
local others = #waiting
-- How many of them go first: who may not wait goes last.
local before = others
if mayWait and others > 0 then
  local asked = false
  for _, one in ipairs(waiting) do asked = asked or one == lease end
  if asked then others = others - 1 else waiting[#waiting + 1] = lease end
  local own, served, turns, mine = {}, {}, {}, nil
  for n, one in ipairs(waiting) do
    local of = userOf(one)
    served[of] = served[of] or tonumber(redis.call('ZSCORE', KEYS[6], of) or 0)
    own[of] = (own[of] or held[of] or 0) + 1
    turns[n] = {own[of], served[of], n}
    if one == lease then mine = turns[n] end
  end
  before = 0
  for _, turn in ipairs(turns) do
    for part = 1, 3 do
      if turn[part] ~= mine[part] then
        if turn[part] < mine[part] then before = before + 1 end
        break
      end
    end
  end
end

local waitMs = 0
if before >= free then waitMs = math.min(1000, 100 * (before - free + 1)) end
local tokens
if perMinute > 0 then
  local burst = math.max(1, perMinute / 6)
  local bucket = redis.call('HMGET', KEYS[2], 'tokens', 'at')
  local at = tonumber(bucket[2]) or now
  tokens = math.min(burst, (tonumber(bucket[1]) or burst) + math.max(0, now - at) * perMinute / 60000)
  if tokens < before + 1 then waitMs = math.max(waitMs, math.ceil((before + 1 - tokens) * 60000 / perMinute)) end
  if waitMs > 0 and at > now then
    redis.call('HSET', KEYS[2], 'at', tostring(now))
    redis.call('PEXPIRE', KEYS[2], 60000)
  end
end
if waitMs > 0 then
  if mayWait then
    redis.call('ZADD', KEYS[4], 'NX', now, lease)
    redis.call('ZADD', KEYS[5], now, lease)
    for _, key in ipairs({KEYS[4], KEYS[5]}) do redis.call('PEXPIRE', key, ARGV[8]) end
  end
  return {waitMs, processes}
end
redis.call('ZREM', KEYS[4], lease)
redis.call('ZREM', KEYS[5], lease)
if others > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', now - 60000)
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '(' .. now, '+inf')
  redis.call('ZADD', KEYS[6], now, user)
  redis.call('PEXPIRE', KEYS[6], 60000)
end
if perMinute > 0 then
  redis.call('HSET', KEYS[2], 'tokens', tostring(tokens - 1), 'at', tostring(now))
  redis.call('PEXPIRE', KEYS[2], 60000)
end
if concurrency > 0 then
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), lease)
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return {0, processes}`);

/** KEYS: leases. ARGV: their milliseconds, the leases of this process. */
const RENEW = new RedisScript<number>(`
local time = redis.call('TIME')
local ends = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
for n = 2, #ARGV do redis.call('ZADD', KEYS[1], ends, ARGV[n]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[1])`);
