import { randomBytes } from 'node:crypto';
import { createLogger, type Logger, type SecretKeys, waitAtMost } from '@perennial/runtime';
import type { Redis } from 'ioredis';
import { RedisCapacity } from './capacity';
import { createRedis, type RedisRole } from './create-redis';
import { DeadLetters } from './dead-letters';
import { memberLabel } from './fleet';
import { Subscriptions } from './subscriptions';
import { WireSecrets } from './wire-secrets';

export interface ConnectionsOptions {
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
  /** Shared by all senders of short commands. Fails at once while Redis is away. */
  readonly commands: Redis;
  readonly subscriptions: Subscriptions;
  /** Receives malformed records. */
  readonly deadLetters: DeadLetters;
  /** Undefined without a SECRET_KEY. */
  readonly secrets: WireSecrets | undefined;
  /** Whether Redis accepts writes. */
  readonly capacity: RedisCapacity;
  private readonly extra: Redis[] = [];
  private readonly log: Logger;

  constructor(readonly options: ConnectionsOptions) {
    this.processId = `${options.instanceId}-${randomBytes(8).toString('hex')}`;
    this.log = options.log ?? createLogger({ level: 'warn', service: options.service, instance: options.instanceId });
    this.capacity = new RedisCapacity(this.logger('redis'));
    this.commands = this.create('commands', memberLabel(options.keyPrefix, options.service));
    this.subscriptions = new Subscriptions(this.create('subscriber'), this.logger('subscriptions'));
    this.secrets = options.secretKeys === undefined ? undefined : new WireSecrets(options.secretKeys);
    this.deadLetters = new DeadLetters(
      this.commands,
      `${options.keyPrefix}:dead-letters`,
      this.secrets,
      this.logger('dead-letters'),
    );
  }

  /** A logger whose lines name the part of the transport they come from. */
  logger(context: string): Logger {
    return this.log.child({ context });
  }

  get keyPrefix(): string {
    return this.options.keyPrefix;
  }

  /** A further connection, closed with the others. */
  create(role: RedisRole, label: string = role): Redis {
    const redis = createRedis(this.options.redisUrl, {
      role,
      name: `${this.options.instanceId}:${label}`,
      log: this.logger('redis'),
    });
    this.extra.push(redis);
    return redis;
  }

  /** Round trip to Redis; false while it is away or does not answer within the limit. */
  async isReachable(limitMs = 1_000): Promise<boolean> {
    if (this.commands.status !== 'ready') return false;
    return waitAtMost(this.commands.ping(), limitMs).catch(() => false);
  }

  close(): void {
    this.subscriptions.close();
    for (const redis of this.extra) redis.disconnect();
  }
}

/** The part that the token path uses. */
export type RunConnections = Pick<
  Connections,
  'commands' | 'subscriptions' | 'keyPrefix' | 'processId' | 'deadLetters' | 'capacity' | 'logger'
>;
