import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { coalesceWrites, wakeEvery } from '@perennial/runtime';
import { Redis, type RedisOptions } from 'ioredis';

/**
 * What a connection is for; it decides what happens to a command while Redis is away.
 * - `commands`: fails at once. Callers answer UNAVAILABLE instead of queueing without bound.
 * - `blocking`: as `commands`, for a connection that sits in a blocking read.
 * - `subscriber`: as `commands`, for SUBSCRIBE; `Subscriptions` subscribes again after a reconnect.
 * - `queue`: waits for ever and repeats what was cut off, as BullMQ demands of its connections.
 */
export type RedisRole = 'commands' | 'blocking' | 'subscriber' | 'queue';

export interface CreateRedisOptions {
  role: RedisRole;
  /** Shown by CLIENT LIST, for example `chat-1:commands`. */
  name: string;
}

const FIRST_RETRY_MS = 50;
/** Short, because a replica that waits long after Redis is back looks dead to the others. */
const MAX_RETRY_MS = 1_000;
const PING_EVERY_MS = 5_000;
/** A peer that vanished without a FIN leaves a connection open and deaf; a Redis that merely pauses 5 s must not be cut. */
const PONG_WITHIN_MS = 10_000;

const logger = new Logger('Redis');

/**
 * The one place where connections to Redis are made: it reconnects for ever with capped, jittered back-off, names the
 * connection and logs errors instead of throwing them. The URL's scheme chooses the topology (`redis:` and `rediss:`).
 */
export function createRedis(url: string, { role, name }: CreateRedisOptions): Redis {
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
    // 0 rejects what is under way when the connection breaks: only the caller knows whether a repetition is safe.
    maxRetriesPerRequest: waits ? null : 0,
    autoResubscribe: role !== 'subscriber',
  };
  const redis = new Redis(url, options);
  logConnection(redis, name);
  // Many runs and calls share these connections. A blocking read has its own, and nothing to wait for.
  if (role === 'commands' || waits) redis.on('connect', () => coalesceWrites(redis.stream as Socket, 'turn'));
  if (role === 'commands' || role === 'subscriber') cutWhenDeaf(redis, name);
  return redis;
}

/** Exponential from 50 ms to 1 s; the jitter keeps a fleet from coming back in one wave. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), MAX_RETRY_MS);
  return Math.round(ceiling * (0.5 + random() / 2));
}

/** One line when the connection is lost and one when it is back, not one per attempt. */
function logConnection(redis: Redis, name: string): void {
  let lostAt: number | undefined;
  redis.on('error', (error: Error) => {
    if (lostAt !== undefined) return;
    lostAt = Date.now();
    logger.warn(`${name}: ${describe(error)}; reconnecting`);
  });
  // Not 'close', which a connection that is closed on purpose sends too.
  redis.on('reconnecting', () => {
    if (lostAt !== undefined) return;
    lostAt = Date.now();
    logger.warn(`${name}: connection closed`);
  });
  redis.on('ready', () => {
    if (lostAt !== undefined) logger.log(`${name}: back after ${Date.now() - lostAt} ms`);
    lostAt = undefined;
  });
}

/** An AggregateError of several refused addresses has no message of its own. */
function describe(error: Error): string {
  return error.message || ('code' in error ? String(error.code) : error.name);
}

function cutWhenDeaf(redis: Redis, name: string): void {
  let askedAt: number | undefined;
  const stopAsking = wakeEvery(PING_EVERY_MS, () => {
    if (redis.status !== 'ready') {
      askedAt = undefined;
      return;
    }
    if (askedAt !== undefined) {
      if (Date.now() - askedAt < PONG_WITHIN_MS) return;
      logger.warn(`${name}: no answer for ${PONG_WITHIN_MS} ms; connecting anew`);
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
