import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from '@perennial/runtime';
import type { RunConnections } from '../redis/connections';
import { isRedisUnavailable } from '../redis/errors';
import { DurableFlusher, type OwnsStill } from './durable-flusher';
import { DurableStore } from './durable-store';
import { encodeItem } from './frame';
import { runKey, RunKeys, shortTag, userKey } from './keys';
import { LiveSender } from './live-sender';
import { isSubscriptionMessage, parseAs } from './shapes';
import { StreamWriter, type StreamWriterHost } from './stream-writer';
import { SubscriberDirectory } from './subscriber-directory';
import type {
  AcquireResult,
  RunIdentity,
  RunPosition,
  RunPublisher,
  RunStart,
  RunTerminal,
  RunWriter,
  UserEvent,
} from './types';

export interface RunPublisherOptions {
  connections: RunConnections;
  /**
   * Called before a text is written again because Redis has lost it: a process that was paused must not overwrite its successor's text.
   * Without it every such run counts as owned.
   */
  ownsStill?: OwnsStill;
  /**
   * Between two live frames (ms, default 15: each frame wakes three processes, and users do not see the difference to 10).
   */
  liveIntervalMs?: number;
  /** Between two durable writes (ms, default 350: less often is fewer bytes for Redis, and more text that a killed worker takes along). */
  durableIntervalMs?: number;
  /** How long a run's keys are kept after its terminal event (s, default 600). */
  terminalTtlSeconds?: number;
}

const BEAT_MS = 500;
/** The registry is read at every second beat. */
const BEATS_PER_CHECK = 2;
/** Acquired and never opened: another worker won the claim. Forgetting one only costs writing the stream again. */
const MAX_ACQUIRED = 500;
const COMPLAIN_EVERY_MS = 10_000;

/** The writing side of the token path: one per process, for all its runs. */
export function createRunPublisher(options: RunPublisherOptions): RunPublisher {
  return new Publisher(options);
}

/** An event on its way to a user's sockets. */
interface UserEventItem {
  /** The user, as the registry of subscriptions names it. */
  member: string;
  /** Encoded for the frame. */
  item: string;
}

class Publisher implements RunPublisher, StreamWriterHost {
  private readonly log: Logger;
  private readonly worker: string;
  private readonly connections: RunConnections;
  private readonly store: DurableStore;
  private readonly durable: DurableFlusher;
  private readonly live: LiveSender;
  private readonly directory: SubscriberDirectory;
  private readonly writers = new Set<StreamWriter>();
  /** State of a run's stream when it was acquired. */
  private readonly lastAcquired = new Map<string, AcquireResult & { kind: 'resumed'; epoch: number }>();
  private readonly detached = AsyncLocalStorage.snapshot();
  private readonly unsubscribe: Promise<() => void>;
  private aliases = 0;
  private beats = 0;
  private timer?: NodeJS.Timeout;
  private checkQueued = false;
  private notices?: { list: UserEventItem[]; sent: Promise<void> };
  private complainedAt = -Infinity;

  constructor(options: RunPublisherOptions) {
    this.connections = options.connections;
    this.log = options.connections.logger('run-publisher');
    const { commands: redis, subscriptions, keyspace, processId } = options.connections;
    const keys = new RunKeys(keyspace);
    const detached = this.detached;
    this.worker = shortTag(processId);
    this.store = new DurableStore(redis, keys, options.terminalTtlSeconds ?? 600, this.worker);
    this.durable = new DurableFlusher({
      store: this.store,
      intervalMs: options.durableIntervalMs ?? 350,
      ownsStill: options.ownsStill,
      onError: (error) => this.complain(error),
      onWritten: () => this.connections.capacity.wrote(),
      detached,
    });
    this.live = new LiveSender({
      connections: options.connections,
      keys,
      worker: this.worker,
      intervalMs: options.liveIntervalMs ?? 15,
      detached,
    });
    this.directory = new SubscriberDirectory(redis, keys, (writer) => this.markLive(writer));
    this.unsubscribe = subscriptions.subscribe(keys.interest, (message) => this.hear(message));
  }

  async acquire(runId: string, epoch: number): Promise<AcquireResult> {
    const acquired = await this.store.acquire(runId, epoch);
    this.lastAcquired.delete(runId);
    if (acquired.kind === 'resumed' && !acquired.terminal) this.lastAcquired.set(runId, { ...acquired, epoch });
    for (const oldest of this.lastAcquired.keys()) {
      if (this.lastAcquired.size <= MAX_ACQUIRED) break;
      this.lastAcquired.delete(oldest);
    }
    return acquired;
  }

  open(identity: RunIdentity, start: RunStart, onFenced: () => void): RunWriter {
    const lastAcquired = this.lastAcquired.get(identity.runId);
    this.lastAcquired.delete(identity.runId);
    const isDurable =
      lastAcquired?.epoch === start.epoch &&
      lastAcquired.generation === start.generation &&
      lastAcquired.text === start.text;
    const writer = new StreamWriter(this, identity, start, isDurable, onFenced);
    this.writers.add(writer);
    this.timer ??= this.detached(() => setInterval(() => this.beat(), BEAT_MS));
    this.checkSoon();
    return writer;
  }

  async publishTerminal(identity: RunIdentity, position: RunPosition, terminal: RunTerminal): Promise<void> {
    const { runId, userId, chatId } = identity;
    const { epoch, generation } = position;
    await this.store.write([
      { runId, epoch, generation, from: 0, to: 0, base: 0, text: '', identity, terminal, finish: true },
    ]);
    const holders = await this.directory.holders(runKey(runId));
    const sockets = chatId === undefined ? [] : await this.directory.holders(userKey(userId));
    const item = encodeItem({ k: 'f', i: identity, p: position, t: terminal });
    await Promise.all([...new Set([...holders, ...sockets])].map((gateway) => this.live.send(gateway, item)));
  }

  hasReader(runId: string): boolean {
    for (const writer of this.writers) {
      if (writer.identity.runId !== runId) continue;
      for (const destination of writer.destinations.values()) if (destination.reader) return true;
    }
    return false;
  }

  async read(runId: string): Promise<{ position: RunPosition; text: string; terminal?: RunTerminal } | undefined> {
    const run = await this.store.read(runId);
    // A stream that does not begin at 0 has lost a part and counts as lost.
    return run && run.from === 0 ? { position: run.position, text: run.text, terminal: run.terminal } : undefined;
  }

  sendLive(): void {
    this.live.sendNow();
  }

  notifyUser(userId: string, event: UserEvent): Promise<void> {
    const notice = { member: userKey(userId), item: encodeItem({ k: 'u', u: userId, v: event }) };
    if (this.notices) this.notices.list.push(notice);
    else this.notices = this.noticesSoon(notice);
    return this.notices.sent;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    (await this.unsubscribe)();
    await this.durable.stop();
    this.live.stop();
  }

  // ------------------------------------------------------------ StreamWriterHost

  nextAlias(): number {
    this.aliases += 1;
    return this.aliases;
  }

  markLive(writer: StreamWriter): void {
    if (!writer.isDead) this.live.mark(writer);
  }

  markDurable(writer: StreamWriter): void {
    if (!writer.isDead) this.durable.mark(writer);
  }

  flush(): Promise<void> {
    return this.durable.flush();
  }

  closed(writer: StreamWriter): void {
    this.writers.delete(writer);
    this.live.forget(writer);
    this.durable.forget(writer);
  }

  // ------------------------------------------------------------ timers and notices

  private beat(): void {
    for (const writer of this.writers) if (writer.terminalDurable && LiveSender.isDone(writer)) writer.release();
    if (this.writers.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    this.live.beat(this.writers);
    this.beats += 1;
    if (this.beats % BEATS_PER_CHECK === 0) this.check([...this.writers]);
  }

  /** Runs that begin together are looked up together. */
  private checkSoon(): void {
    if (this.checkQueued) return;
    this.checkQueued = true;
    this.detached(() =>
      setImmediate(() => {
        this.checkQueued = false;
        this.check([...this.writers].filter((writer) => !writer.subscribersKnown));
      }),
    );
  }

  /** Events of one turn of the event loop are looked up and sent together. */
  private noticesSoon(first: UserEventItem): { list: UserEventItem[]; sent: Promise<void> } {
    const list = [first];
    const turn = this.detached(() => new Promise<void>((resolve) => setImmediate(resolve)));
    const sent = turn.then(() => {
      this.notices = undefined;
      return this.sendNotices(list).catch((error: unknown) => this.complain(error));
    });
    return { list, sent };
  }

  private async sendNotices(notices: readonly UserEventItem[]): Promise<void> {
    const holders = await this.directory.holdersOf(new Set(notices.map(({ member }) => member)));
    const frames = [...holders].map(async ([gateway, members]) => {
      const items = notices.filter(({ member }) => members.has(member)).map(({ item }) => item);
      if (items.length > 0) await this.live.send(gateway, items.join(''));
    });
    await Promise.all(frames);
  }

  private check(writers: readonly StreamWriter[]): void {
    this.directory.check(writers).catch((error: unknown) => this.complain(error));
  }

  private hear(message: string): void {
    const heard = parseAs(message, isSubscriptionMessage);
    if (heard) this.directory.hear(heard, this.worker, this.writers);
    else
      this.connections.deadLetters.put({ source: 'interest', reason: 'not a message of a gateway', content: message });
  }

  /**
   * The connection logs that Redis is away; here only unexpected errors are logged, and not one for each of 50 flushes.
   */
  private complain(error: unknown): void {
    const now = performance.now();
    this.connections.capacity.failed(error);
    if (isRedisUnavailable(error) || now - this.complainedAt < COMPLAIN_EVERY_MS) return;
    this.complainedAt = now;
    this.log.warn({ err: error }, 'writing run streams failed');
  }
}
