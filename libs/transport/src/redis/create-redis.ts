import type { Socket } from 'node:net';
import { coalesceWrites, type Logger, wakeEvery } from '@perennial/runtime';
import { Redis, type RedisOptions } from 'ioredis';

/**
 * Purpose of a connection; it decides what happens to a command while Redis is away.
 * - `commands`: fails at once. Callers answer UNAVAILABLE instead of queueing without bound.
 * - `blocking`: as `commands`, for a connection that sits in a blocking read.
 * - `subscriber`: as `commands`, for SUBSCRIBE; `Subscriptions` subscribes again after a reconnect.
 * - `queue`: waits for ever and repeats interrupted commands, as BullMQ requires.
 */
export type RedisRole = 'commands' | 'blocking' | 'subscriber' | 'queue';

export interface CreateRedisOptions {
  role: RedisRole;
  /** Shown by CLIENT LIST, for example `chat-1:subscriber`. */
  name: string;
  log: Logger;
}

const FIRST_RETRY_MS = 50;
/** Short, because a replica that is still waiting when Redis is back looks dead to the others. */
const MAX_RETRY_MS = 1_000;
const PING_EVERY_MS = 5_000;
/**
 * A peer that vanished without a FIN leaves a dead connection open; a Redis that merely pauses for 5 s must not be disconnected.
 */
const PONG_WITHIN_MS = 10_000;

/**
 * Creates every connection to Redis: it reconnects for ever with capped, jittered back-off, is named, and logs errors instead of throwing
 * them. The URL's scheme chooses the topology (`redis:` and `rediss:`).
 */
export function createRedis(url: string, { role, name, log }: CreateRedisOptions): Redis {
  const scheme = new URL(url).protocol;
  if (scheme !== 'redis:' && scheme !== 'rediss:') {
    throw new Error(`REDIS_URL has the scheme "${scheme}": use redis://host:port or rediss://host:port`);
  }
  const waits = role === 'queue';
  const options: RedisOptions = {
    connectionName: name,
    disableClientInfo: true,
    connectTimeout: 5_000,
    keepAlive: 10_000,
    retryStrategy: retryDelayMs,
    enableOfflineQueue: waits,
    // 0 rejects commands in flight when the connection breaks: only the caller knows whether a retry is safe.
    maxRetriesPerRequest: waits ? null : 0,
    autoResubscribe: role !== 'subscriber',
  };
  const redis = new Redis(url, options);
  logConnection(redis, log.child({ connection: name }));
  // Many runs and calls share these connections. A blocking read has one of its own with nothing to join.
  if (role === 'commands' || waits) redis.on('connect', () => coalesceWrites(redis.stream as Socket, 'turn'));
  if (role === 'commands' || role === 'subscriber') cutWhenDeaf(redis, log.child({ connection: name }));
  return redis;
}

/** Exponential from 50 ms to 1 s, with jitter so that a fleet does not reconnect in one wave. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), MAX_RETRY_MS);
  return Math.round(ceiling * (0.5 + random() / 2));
}

/** One line when the connection is lost and one when it is back, not one per attempt. */
function logConnection(redis: Redis, log: Logger): void {
  let lostAt: number | undefined;
  redis.on('error', (error: Error) => {
    if (lostAt !== undefined) return;
    lostAt = Date.now();
    log.warn({ err: error, reason: describe(error) }, 'the connection to Redis broke; reconnecting');
  });
  // Not 'close', which is also emitted for a connection that is closed on purpose.
  redis.on('reconnecting', () => {
    if (lostAt !== undefined) return;
    lostAt = Date.now();
    log.warn('the connection to Redis was closed; reconnecting');
  });
  redis.on('ready', () => {
    if (lostAt !== undefined) log.info({ away_ms: Date.now() - lostAt }, 'the connection to Redis is back');
    lostAt = undefined;
  });
}

/** An AggregateError of several refused addresses has no message of its own. */
function describe(error: Error): string {
  return error.message || ('code' in error ? String(error.code) : error.name);
}

function cutWhenDeaf(redis: Redis, log: Logger): void {
  let askedAt: number | undefined;
  const stopAsking = wakeEvery(PING_EVERY_MS, () => {
    if (redis.status !== 'ready') {
      askedAt = undefined;
      return;
    }
    if (askedAt !== undefined) {
      if (Date.now() - askedAt < PONG_WITHIN_MS) return;
      log.warn({ waited_ms: PONG_WITHIN_MS }, 'Redis does not answer; reconnecting');
      askedAt = undefined;
      redis.disconnect(true);
      return;
    }
    askedAt = Date.now();
    const answered = (): void => {
      askedAt = undefined;
    };
    redis.ping().then(answered, answered);
  });
  redis.on('end', stopAsking);
}
