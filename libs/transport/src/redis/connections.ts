import { randomBytes } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { CallError } from '@perennial/contracts-kernel';
import { createLogger, type Logger, parseRedisUrl, type SecretKeys, withTimeout } from '@perennial/runtime';
import type { Cluster, Redis } from 'ioredis';
import { RedisCapacity } from './capacity';
import { createCluster, createRedis, type RedisClient, type RedisRole } from './create-redis';
import { DeadLetters } from './dead-letters';
import { isRedisUnavailable, redisUnavailable } from './errors';
import { memberLabel } from './fleet';
import { Keyspace } from './keyspace';
import { SentinelWatch } from './sentinel-watch';
import { SlotOwners } from './slot-owners';
import { type SubscriberSource, Subscriptions } from './subscriptions';
import { WireSecrets } from './wire-secrets';

/** How long a server is waited for that others need not wait for. */
const ANSWERS_MS = 1_000;

export interface ConnectionsOptions {
  /** `redis://…`, `redis+sentinel://…` or `redis+cluster://…`; with TLS `rediss…`. */
  redisUrl: string;
  /** First part of every key and channel; lets several installations share a Redis. */
  keyPrefix: string;
  /** The service of this process: `gateway`, `chat`, ... */
  service: string;
  /** Stable name of this replica, for operators. */
  instanceId: string;
  /** The process's logger. Without one, warnings and errors go to standard output. */
  log?: Logger;
  /**
   * The deployment's keys: the first signs and encrypts calls with keys derived from it, each of them verifies. Without one calls are as in older versions.
   */
  secretKeys?: SecretKeys;
  /** Whether unsigned calls and replies, as older versions send them, are refused. */
  requireSigned?: boolean;
}

/** The Redis connections of one process, and its identity on the wire. */
export class Connections {
  /** Unique per boot: a restarted replica is never taken for the one that died. */
  readonly processId: string;
  /** Names of keys and channels. */
  readonly keyspace: Keyspace;
  /** Shared by all senders of short commands. Fails at once while Redis is away. */
  readonly commands: RedisClient;
  readonly subscriptions: Subscriptions;
  /** Receives malformed records. */
  readonly deadLetters: DeadLetters;
  /** Undefined without a SECRET_KEY. */
  readonly secrets: WireSecrets | undefined;
  /** Whether Redis accepts writes. */
  readonly capacity: RedisCapacity;
  private readonly extra = new Set<Redis>();
  /** Connections for commands by the prefix of their owner: one, but on a Cluster. */
  private readonly byPrefix = new Map<string, Redis>();
  /** The client of a Cluster: the same as `commands`. */
  private readonly cluster: Cluster | undefined;
  private readonly slots: SlotOwners | undefined;
  private readonly sentinels: SentinelWatch | undefined;
  /** Of connections for commands. */
  private readonly label: string;
  private readonly log: Logger;

  constructor(readonly options: ConnectionsOptions) {
    this.processId = `${options.instanceId}-${randomBytes(8).toString('hex')}`;
    this.log = options.log ?? createLogger({ level: 'warn', service: options.service, instance: options.instanceId });
    this.capacity = new RedisCapacity(this.logger('redis'));
    const { shape } = parseRedisUrl(options.redisUrl);
    this.keyspace = new Keyspace(options.keyPrefix, shape === 'cluster');
    this.label = memberLabel(options.keyPrefix, options.service);
    if (shape === 'cluster') {
      this.cluster = createCluster(options.redisUrl, { name: this.nameOf(this.label), log: this.logger('redis') });
      this.slots = new SlotOwners(this.cluster);
    }
    this.commands = this.cluster ?? this.commandsFor('');
    if (shape === 'sentinel')
      this.sentinels = new SentinelWatch(options.redisUrl, this.nameOf('sentinels'), (from) => this.leave(from));
    this.subscriptions = new Subscriptions(this.subscriberSource(), this.logger('subscriptions'));
    this.secrets = options.secretKeys === undefined ? undefined : new WireSecrets(options.secretKeys);
    this.deadLetters = new DeadLetters(
      this.commands,
      `${options.keyPrefix}:dead-letters`,
      this.secrets,
      this.logger('dead-letters'),
      this.keyspace.isSharded,
    );
  }

  /** A logger whose lines name the part of the transport they come from. */
  logger(context: string): Logger {
    return this.log.child({ context });
  }

  get keyPrefix(): string {
    return this.options.keyPrefix;
  }

  /**
   * A further connection, closed with the others.
   *
   * @param owner whose keys it is for: on a Cluster it follows their slot
   */
  create(role: RedisRole, owner: string, label: string = role): Redis {
    const again = (): Redis => this.connect(role, this.keyspace.of(owner), label);
    const redis = again();
    // BullMQ reads through a copy, which must follow the slot and leave a server that was replaced as well.
    if (role === 'queue') redis.duplicate = again;
    return redis;
  }

  /**
   * The connection for commands on the keys of one owner. On a single Redis it is `commands`. On a Cluster it follows their slot: it tells when
   * that slot is away, and does not repeat what may have been executed.
   */
  commandsFor(owner: string): Redis {
    const prefix = this.keyspace.of(owner);
    let redis = this.byPrefix.get(prefix);
    if (!redis) this.byPrefix.set(prefix, (redis = this.connect('commands', prefix, this.label)));
    return redis;
  }

  /**
   * Asks each server that takes writes: one; on a Cluster its primaries. What has no key must be asked so: a Cluster's client would send it to
   * any server, also to one that hangs.
   *
   * @returns an answer of each; undefined of one that is away, or does not answer within the limit. Rejects with an error that a server replies
   */
  async askServers<T>(ask: (server: RedisClient) => Promise<T>, limitMs = ANSWERS_MS): Promise<(T | undefined)[]> {
    const orUndefined = (error: unknown): undefined => {
      if (!isRedisUnavailable(error) && !(error instanceof CallError)) throw error;
    };
    return Promise.all(this.asked(ask, limitMs).map((answer) => answer.catch(orUndefined)));
  }

  /** Sends a message to the subscribers of a channel. Returns how many there were; on a Cluster, of those at the channel's node. */
  async publish(channel: string, message: string): Promise<number> {
    if (!this.keyspace.isSharded) return this.commands.publish(channel, message);
    return Number(await this.commands.spublish(channel, message));
  }

  /** Round trip to Redis; false while it is away or does not answer within a second. A Cluster is there while one of its primaries is. */
  async isReachable(): Promise<boolean> {
    if (this.commands.status !== 'ready') return false;
    return Promise.any(this.asked((server) => server.ping(), ANSWERS_MS)).then(
      () => true,
      () => false,
    );
  }

  close(): void {
    this.subscriptions.close();
    this.sentinels?.close();
    for (const redis of this.extra) redis.disconnect();
    this.cluster?.disconnect();
  }

  /** Each rejects if its server does not answer within the limit. */
  private asked<T>(ask: (server: RedisClient) => Promise<T>, limitMs: number): Promise<T>[] {
    const servers: RedisClient[] = this.cluster?.nodes('master') ?? [this.commands];
    return servers.map((server) => withTimeout(ask(server), limitMs, redisUnavailable));
  }

  private nameOf(label: string): string {
    return `${this.options.instanceId}:${label}`;
  }

  private connect(role: RedisRole, key: string, label: string): Redis {
    const { redisUrl } = this.options;
    const following = this.slots?.follow(key, parseRedisUrl(redisUrl).isTls);
    const redis = createRedis(redisUrl, {
      role,
      name: this.nameOf(label),
      log: this.logger('redis'),
      Connector: following?.Connector,
    });
    following?.adopt(redis);
    this.extra.add(redis);
    redis.once('end', () => this.extra.delete(redis));
    return redis;
  }

  private subscriberSource(): SubscriberSource {
    const { isSharded } = this.keyspace;
    return {
      isSharded,
      // All channels of one prefix are in one slot.
      lineOf: (channel) => (isSharded ? channel.slice(0, channel.indexOf('}') + 1) : ''),
      connect: (channel) => this.connect('subscriber', channel, 'subscriber'),
    };
  }

  /** A primary was replaced: leaves it, also if it only hangs. */
  private leave({ host, port }: { host: string; port: number }): void {
    for (const redis of this.extra) {
      const { remoteAddress, remotePort } = redis.stream as Partial<Socket>;
      if (redis.status === 'ready' && remotePort === port && (remoteAddress === host || !isIP(host)))
        redis.disconnect(true);
    }
  }
}

/** The part that the token path uses. */
export type RunConnections = Pick<
  Connections,
  'commands' | 'subscriptions' | 'keyspace' | 'publish' | 'processId' | 'deadLetters' | 'capacity' | 'logger'
>;
