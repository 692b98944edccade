import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { coalesceWrites, type Logger, parseRedisUrl, type RedisTarget, wakeEvery } from '@perennial/runtime';
import { Cluster, Redis, type RedisCommander, type RedisOptions } from 'ioredis';

/**
 * Purpose of a connection; it decides what happens to a command while Redis is away.
 * - `commands`: fails at once. Callers answer UNAVAILABLE instead of queueing without bound.
 * - `blocking`: as `commands`, for a connection that sits in a blocking read.
 * - `subscriber`: as `commands`, for SUBSCRIBE; `Subscriptions` subscribes again after a reconnect.
 * - `queue`: waits for ever and repeats interrupted commands, as BullMQ requires.
 */
export type RedisRole = 'commands' | 'blocking' | 'subscriber' | 'queue';

/** What both a connection and a client of a whole Cluster can do. */
export interface RedisClient extends RedisCommander, EventEmitter {
  readonly status: string;
  disconnect(reconnect?: boolean): void;
}

export interface CreateRedisOptions {
  role: RedisRole;
  /** Shown by CLIENT LIST, for example `chat-1:subscriber`. */
  name: string;
  log: Logger;
  /** Finds the node to connect to, on a Cluster. */
  Connector?: RedisOptions['Connector'];
}

const FIRST_RETRY_MS = 50;
/** Short, because a replica that is still waiting when Redis is back looks dead to the others. */
const MAX_RETRY_MS = 1_000;
const PING_EVERY_MS = 5_000;
/**
 * A peer that vanished without a FIN leaves a dead connection open; a Redis that merely pauses for 5 s must not be disconnected.
 */
const PONG_WITHIN_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Where there are others to ask, a host that is down is left sooner. */
const CONNECT_TIMEOUT_OF_SEVERAL_MS = 2_000;
/** A server that hangs keeps its connections open: it is not waited for when another one was chosen. */
const HUNG_TIMEOUT_MS = 500;
/** A node that hangs tells nobody that another one has its slots. */
const SLOTS_REFRESH_MS = 2_000;
/** This server no longer has the data: another one is the primary, or the owner of the slot. Older servers put more before it. */
const IS_ELSEWHERE = /^MOVED |\bREADONLY You can't write/;

/**
 * Creates every connection to Redis: it reconnects for ever with capped, jittered back-off, is named, and logs errors instead of throwing
 * them. The URL's scheme chooses the shape. On a Cluster a connection needs the `Connector` of the slot that it follows.
 */
export function createRedis(url: string, { role, name, log, Connector }: CreateRedisOptions): Redis {
  const target = targetOf(url);
  const waits = role === 'queue';
  const options: RedisOptions = {
    ...commonOptions(name),
    connectTimeout: target.shape === 'single' ? CONNECT_TIMEOUT_MS : CONNECT_TIMEOUT_OF_SEVERAL_MS,
    retryStrategy: retryDelayMs,
    // What was refused for being elsewhere had no effect, so what may wait is sent again.
    reconnectOnError: (error) => IS_ELSEWHERE.test(error.message) && (waits ? 2 : true),
    enableOfflineQueue: waits,
    // 0 rejects commands in flight when the connection breaks: only the caller knows whether a retry is safe.
    maxRetriesPerRequest: waits ? null : 0,
    autoResubscribe: role !== 'subscriber',
  };
  const redis = target.shape === 'single' ? new Redis(url, options) : connectOneOf(target, options, Connector);
  logConnection(redis, log.child({ connection: name }));
  cutWhenMute(redis, log.child({ connection: name }));
  // Many runs and calls share these connections. A blocking read has one of its own with nothing to join.
  if (role === 'commands' || waits) redis.on('connect', () => coalesceWrites(redis.stream as Socket, 'turn'));
  if (role === 'commands' || role === 'subscriber') cutWhenDeaf(redis, log.child({ connection: name }));
  return redis;
}

/** A client for the keys of all nodes. It follows MOVED and ASK itself, and repeats what a failover or a moving slot refused, for 1.6 s. */
export function createCluster(url: string, { name, log }: Pick<CreateRedisOptions, 'name' | 'log'>): Cluster {
  const target = targetOf(url);
  const cluster = new Cluster(target.addresses, {
    redisOptions: {
      ...commonOptions(name),
      ...loginOf(target),
      connectTimeout: CONNECT_TIMEOUT_OF_SEVERAL_MS,
      disconnectTimeout: HUNG_TIMEOUT_MS,
    },
    clusterRetryStrategy: (attempt) => retryDelayMs(attempt),
    enableOfflineQueue: false,
    // A certificate names hosts: they are not replaced by addresses.
    dnsLookup: (address, callback) => callback(null, address),
    slotsRefreshTimeout: CONNECT_TIMEOUT_OF_SEVERAL_MS,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
  });
  logConnection(cluster, log.child({ connection: name }));
  cluster.on('+node', (node: Redis) => {
    node.on('connect', () => coalesceWrites(node.stream as Socket, 'turn'));
    cutWhenMute(node, log.child({ connection: name }));
    cutWhenDeaf(node, log.child({ connection: name }));
  });
  return cluster;
}

/** Exponential from 50 ms to 1 s, with jitter so that a fleet does not reconnect in one wave. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), MAX_RETRY_MS);
  return Math.round(ceiling * (0.5 + random() / 2));
}

function targetOf(url: string): RedisTarget {
  try {
    return parseRedisUrl(url);
  } catch (error) {
    throw new Error(`REDIS_URL ${(error as Error).message}`, { cause: error });
  }
}

function commonOptions(name: string): RedisOptions {
  return { connectionName: name, disableClientInfo: true, keepAlive: 10_000 };
}

function loginOf({ isTls, username, password }: RedisTarget): RedisOptions {
  return { username, password, ...(isTls && { tls: {} }) };
}

function connectOneOf(target: RedisTarget, options: RedisOptions, Connector: RedisOptions['Connector']): Redis {
  const { shape, isTls, addresses, primaryName, sentinelPassword, database } = target;
  const login = loginOf(target);
  if (shape === 'cluster') {
    if (!Connector) throw new Error('A connection to a Cluster must follow a slot.');
    return new Redis({ ...options, ...login, Connector });
  }
  return new Redis({
    ...options,
    ...login,
    db: database,
    sentinels: addresses,
    name: primaryName,
    sentinelPassword,
    sentinelRetryStrategy: retryDelayMs,
    disconnectTimeout: HUNG_TIMEOUT_MS,
    ...(isTls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  });
}

/** One line when the connection is lost and one when it is back, not one per attempt. */
function logConnection(redis: RedisClient, log: Logger): void {
  let lostAt: number | undefined;
  redis.on('error', (error: Error) => {
    if (lostAt !== undefined || isUnaskedReply(error)) return;
    lostAt = performance.now();
    log.warn({ err: error, reason: describe(error) }, 'the connection to Redis broke; reconnecting');
  });
  // Not 'close', which is also emitted for a connection that is closed on purpose.
  redis.on('reconnecting', () => {
    if (lostAt !== undefined) return;
    lostAt = performance.now();
    log.warn('the connection to Redis was closed; reconnecting');
  });
  redis.on('ready', () => {
    if (lostAt !== undefined)
      log.info({ away_ms: Math.round(performance.now() - lostAt) }, 'the connection to Redis is back');
    lostAt = undefined;
  });
}

/** A Cluster tells a subscriber that its slot has moved by an unsubscription that nobody asked for; ioredis knows no other name for it. */
export function isUnaskedReply(error: Error): boolean {
  return error.message.startsWith('Command queue state error');
}

/** An AggregateError of several refused addresses has no message of its own. */
function describe(error: Error): string {
  return error.message || ('code' in error ? String(error.code) : error.name);
}

/** Cuts a connection whose server took it and then never greeted; the time limit of the connection covers TCP only. */
function cutWhenMute(redis: Redis, log: Logger): void {
  let greeting: NodeJS.Timeout | undefined;
  redis.on('connect', () => {
    clearTimeout(greeting);
    greeting = setTimeout(() => {
      log.warn({ waited_ms: PONG_WITHIN_MS }, 'Redis does not greet; reconnecting');
      redis.disconnect(true);
    }, PONG_WITHIN_MS);
  });
  for (const event of ['ready', 'close', 'end']) redis.on(event, () => clearTimeout(greeting));
}

/** Cuts a connection whose server has stopped to answer. */
function cutWhenDeaf(redis: Redis, log: Logger): void {
  let askedAt: number | undefined;
  const stopAsking = wakeEvery(PING_EVERY_MS, () => {
    if (redis.status !== 'ready') {
      askedAt = undefined;
      return;
    }
    if (askedAt !== undefined) {
      if (performance.now() - askedAt < PONG_WITHIN_MS) return;
      log.warn({ waited_ms: PONG_WITHIN_MS }, 'Redis does not answer; reconnecting');
      askedAt = undefined;
      redis.disconnect(true);
      return;
    }
    askedAt = performance.now();
    const answered = (): void => {
      askedAt = undefined;
    };
    redis.ping().then(answered, answered);
  });
  redis.on('end', stopAsking);
}
