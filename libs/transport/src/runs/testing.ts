import { randomUUID } from 'node:crypto';
import { createLogger, type Logger } from '@perennial/runtime';
import { type RedisServer, startRedis, waitFor } from '@perennial/testing';
import { expect } from 'vitest';
import { Connections, createRedis, Keyspace, Subscriptions } from '../redis';
import type { LookedUp } from './followed-run';
import { RunKeys, shortTag, userKey } from './keys';
import { createRunPublisher, type RunPublisherOptions } from './publisher';
import { createRunStreamSubscriber } from './run-stream-subscriber';
import type {
  FollowedRun,
  Following,
  RunIdentity,
  RunPosition,
  RunPublisher,
  RunStreamSubscriber,
  RunTerminal,
  RunUpdate,
} from './types';

/** The product's own prefix, because its length counts in the bytes per text. */
const KEY_PREFIX = 'perennial';
export const KEYSPACE = new Keyspace(KEY_PREFIX, false);
const OUTSIDE_LOG = createLogger({ level: 'warn', service: 'test', instance: 'outside' });

/** A subscriber connection that drops the messages that the test names. */
class LossySubscriptions extends Subscriptions {
  loses: (message: string) => boolean = () => false;

  override subscribe(channel: string, listener: (message: string) => void): Promise<() => void> {
    return super.subscribe(channel, (message) => {
      if (!this.loses(message)) listener(message);
    });
  }
}

export interface TestWorker {
  publisher: RunPublisher;
  connections: Connections;
  /** Kills the process: unsent data is lost. */
  crash(): void;
}

export interface TestGateway {
  subscriber: RunStreamSubscriber;
  connections: Connections;
  subscriptions: LossySubscriptions;
  lookups: string[];
}

/** A separate Redis, with any number of workers and gateways. Only the database (`rows`) is not real. */
export class RunBench {
  /** The lookup's results, by run id. */
  readonly rows = new Map<string, LookedUp>();
  private readonly closers: (() => unknown)[] = [];
  private processes = 0;

  private constructor(readonly redis: RedisServer) {}

  static async start(): Promise<RunBench> {
    return new RunBench(await startRedis());
  }

  async worker({
    log,
    ...options
  }: Omit<RunPublisherOptions, 'connections'> & { log?: Logger } = {}): Promise<TestWorker> {
    const connections = this.connections('chat', log);
    const publisher = createRunPublisher({ connections, ...options });
    this.closers.push(() => publisher.close());
    await this.ready(connections);
    return { publisher, connections, crash: () => connections.close() };
  }

  async gateway(): Promise<TestGateway> {
    const connections = this.connections('gateway');
    const log = connections.logger('lossy');
    const connect = () => createRedis(this.redis.url, { role: 'subscriber', name: 'lossy', log });
    const subscriptions = new LossySubscriptions({ isSharded: false, lineOf: () => '', connect }, log);
    const lookups: string[] = [];
    const { commands, keyspace, processId, deadLetters, capacity } = connections;
    const publish = connections.publish.bind(connections);
    const subscriber = createRunStreamSubscriber({
      connections: { commands, subscriptions, keyspace, publish, processId, deadLetters, capacity, logger: () => log },
      lookup: async (runId) => {
        lookups.push(runId);
        return this.rows.get(runId);
      },
    });
    this.closers.push(() => subscriber.close());
    this.closers.push(() => subscriptions.close());
    await this.ready(connections);
    await waitFor(() => subscriptions.isLive);
    // A worker that does not know the gateway yet would open its runs late.
    const { gateways } = new RunKeys(KEYSPACE);
    await waitFor(async () => (await this.command('ZSCORE', gateways, shortTag(processId))) !== null);
    return { subscriber, connections, subscriptions, lookups };
  }

  /** A user's socket that the workers know: later runs are new to it. */
  async socketOf({ subscriber, connections }: TestGateway, userId: string): Promise<Reader> {
    const reader = Reader.ofUser(subscriber, userId);
    const held = new RunKeys(KEYSPACE).held(shortTag(connections.processId));
    await waitFor(async () => (await this.command('SISMEMBER', held, userKey(userId))) === 1);
    return reader;
  }

  /** Sends a command from outside of all processes. */
  async command(...words: string[]): Promise<unknown> {
    const redis = createRedis(this.redis.url, { role: 'commands', name: 'outside', log: OUTSIDE_LOG });
    await waitFor(() => redis.status === 'ready');
    const [name = '', ...args] = words;
    try {
      return await redis.call(name, ...args);
    } finally {
      redis.disconnect();
    }
  }

  /** Disconnects one process; it reconnects. */
  async cutOff(connections: Connections): Promise<void> {
    const id = await connections.commands.client('ID');
    await this.command('CLIENT', 'KILL', 'ID', String(id));
  }

  async stop(): Promise<void> {
    for (const close of this.closers) await close();
    await this.redis.stop();
  }

  private connections(service: string, log?: Logger): Connections {
    this.processes += 1;
    const instanceId = `${service}-${this.processes}`;
    const connections = new Connections({ redisUrl: this.redis.url, keyPrefix: KEY_PREFIX, service, instanceId, log });
    this.closers.unshift(() => connections.close());
    return connections;
  }

  private async ready(connections: Connections): Promise<void> {
    await waitFor(() => connections.commands.status === 'ready' && connections.subscriptions.isLive);
  }
}

export function chatRun(overrides: Partial<RunIdentity> = {}): RunIdentity {
  return {
    runId: randomUUID(),
    userId: randomUUID(),
    model: 'model-1',
    chatId: randomUUID(),
    messageId: randomUUID(),
    ...overrides,
  };
}

export function completed(position: RunPosition): RunTerminal {
  return { state: 'completed', generation: position.generation, length: position.offset, finishReason: 'stop' };
}

/** A reader that checks each update against the text that it shows, like a browser. */
export class Reader {
  text = '';
  position?: RunPosition;
  terminal?: RunTerminal;
  readonly updates: RunUpdate[] = [];
  ends = 0;
  following?: Following;

  get resets(): number {
    return this.updates.filter(({ kind }) => kind === 'reset').length;
  }

  constructor(cursor?: RunPosition, text = '') {
    this.position = cursor;
    this.text = text;
  }

  readonly onUpdate = (update: RunUpdate, _run?: FollowedRun): void => {
    this.updates.push(update);
    expect(this.ends, 'nothing follows the end').toBe(0);
    switch (update.kind) {
      case 'delta':
        expect(update.offset, 'a delta continues what is shown').toBe(this.text.length);
        if (this.position) expect(update.generation).toBe(this.position.generation);
        this.text += update.text;
        break;
      case 'reset':
        this.text = update.text;
        break;
      case 'end':
        this.ends += 1;
        this.terminal = update.terminal;
        expect(update.text, 'the end has the text that is shown').toBe(this.text);
        return;
    }
    this.position = { epoch: update.epoch, generation: update.generation, offset: this.text.length };
  };

  /** Resets the counters: the updates at the beginning depend on when the worker learned of the reader. */
  forget(): void {
    this.updates.length = 0;
  }

  static async follow(
    subscriber: RunStreamSubscriber,
    runId: string,
    cursor?: RunPosition,
    text = '',
  ): Promise<Reader> {
    const reader = new Reader(cursor, text);
    reader.following = await subscriber.follow(runId, cursor, reader.onUpdate);
    return reader;
  }

  static ofUser(subscriber: RunStreamSubscriber, userId: string): Reader {
    const reader = new Reader();
    subscriber.followUser(userId, reader.onUpdate, () => undefined);
    return reader;
  }

  async shows(text: string, timeoutMs = 5_000): Promise<void> {
    const what = `a reader to show ${JSON.stringify(text.slice(-40))}`;
    await waitFor(() => this.text === text, { timeoutMs, what: `${what}, it shows ${this.text.slice(-40)}` });
  }

  async sawEnd(timeoutMs = 5_000): Promise<void> {
    await waitFor(() => this.ends === 1, { timeoutMs, what: 'the end' });
  }
}
