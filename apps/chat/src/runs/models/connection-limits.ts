import { randomUUID } from 'node:crypto';
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

/** A place at the provider, or when to ask again (milliseconds). */
export type Place = { release(): void } | { waitMs: number };

/** A worker that was killed keeps its places for this long; its answers wait for them in other workers. */
const LEASE_MS = 6_000;
const RENEW_MS = 2_000;
/** Without an answer of Redis a process uses its own share. */
const REDIS_TIMEOUT_MS = 500;

/**
 * Limits of model connections across the fleet: a set of leases and a token bucket in Redis, asked by one script for each call of a connection
 * that has limits. While Redis is away each process keeps to its share of them.
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
   * Takes a place and a token.
   *
   * @param id of the connection, the same in every process
   */
  async take(id: string, { concurrency, perMinute }: Limits): Promise<Place> {
    // One tag, so that a cluster keeps them together.
    const key = `${this.connections.keyPrefix}:connection:{${id}}`;
    const lease = randomUUID();
    const args = [concurrency ?? 0, perMinute ?? 0, lease, LEASE_MS, this.connections.processId];
    try {
      const keys = [`${key}:leases`, `${key}:tokens`, `${key}:processes`];
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

const late = (): Error => new Error('Redis does not answer in time.');

/**
 * Takes a place and a token, or none of both.
 *
 * KEYS: leases (by their end), tokens (`tokens`, `at`), processes (by when they asked last). ARGV: concurrency and requests per minute (0: no
 * limit), the lease, its milliseconds, the process. The clock may step back (a failover to a host that is behind): what it wrote before the step
 * does not block until it is there again. Leases from then are dropped, and their holders renew them. Returns the milliseconds to wait (0: taken) and the number of processes that have asked lately.
 */
const TAKE = new RedisScript<[number, number]>(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local concurrency, perMinute = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - 60000)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '(' .. now, '+inf')
redis.call('ZADD', KEYS[3], now, ARGV[5])
redis.call('PEXPIRE', KEYS[3], 60000)
local processes = redis.call('ZCARD', KEYS[3])
if concurrency > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. now + tonumber(ARGV[4]), '+inf')
  if redis.call('ZCARD', KEYS[1]) >= concurrency then return {250, processes} end
end
if perMinute > 0 then
  local burst = math.max(1, perMinute / 6)
  local bucket = redis.call('HMGET', KEYS[2], 'tokens', 'at')
  local at = tonumber(bucket[2]) or now
  local tokens = math.min(burst, (tonumber(bucket[1]) or burst) + math.max(0, now - at) * perMinute / 60000)
  if tokens < 1 then
    if at > now then
      redis.call('HSET', KEYS[2], 'at', tostring(now))
      redis.call('PEXPIRE', KEYS[2], 60000)
    end
    return {math.ceil((1 - tokens) * 60000 / perMinute), processes}
  end
  redis.call('HSET', KEYS[2], 'tokens', tostring(tokens - 1), 'at', tostring(now))
  redis.call('PEXPIRE', KEYS[2], 60000)
end
if concurrency > 0 then
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return {0, processes}`);

/** KEYS: leases. ARGV: their milliseconds, the leases of this process. */
const RENEW = new RedisScript<number>(`
local time = redis.call('TIME')
local ends = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
for n = 2, #ARGV do redis.call('ZADD', KEYS[1], ends, ARGV[n]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[1])`);
