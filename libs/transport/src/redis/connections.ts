import { randomBytes } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { createLogger, type Logger, parseRedisUrl, type SecretKeys, waitAtMost } from '@perennial/runtime';
import type { Cluster, Redis } from 'ioredis';
import { RedisCapacity } from './capacity';
import { createCluster, createRedis, type RedisClient, type RedisRole } from './create-redis';
import { DeadLetters } from './dead-letters';
import { memberLabel } from './fleet';
import { Keyspace } from './keyspace';
import { SentinelWatch } from './sentinel-watch';
import { SlotOwners } from './slot-owners';
import { type SubscriberSource, Subscriptions } from './subscriptions';
import { WireSecrets } from './wire-secrets';

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

  /** The servers that take writes: one; on a Cluster its primaries. */
  servers(): RedisClient[] {
    return this.cluster?.nodes('master') ?? [this.commands];
  }

  /** Sends a message to the subscribers of a channel. Returns how many there were; on a Cluster, of those at the channel's node. */
  async publish(channel: string, message: string): Promise<number> {
    if (!this.keyspace.isSharded) return this.commands.publish(channel, message);
    return Number(await this.commands.spublish(channel, message));
  }

  /** Round trip to Redis; false while it is away or does not answer within the limit. */
  async isReachable(limitMs = 1_000): Promise<boolean> {
    if (this.commands.status !== 'ready') return false;
    return waitAtMost(this.commands.ping(), limitMs).catch(() => false);
  }

  close(): void {
    this.subscriptions.close();
    this.sentinels?.close();
    for (const redis of this.extra) redis.disconnect();
    this.cluster?.disconnect();
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
