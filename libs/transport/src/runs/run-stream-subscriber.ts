import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertNever, CallError } from '@perennial/contracts-kernel';
import { type Logger, wakeEvery, withTimeout } from '@perennial/runtime';
import type { RunConnections } from '../redis/connections';
import { isRedisUnavailable, redisUnavailable } from '../redis/errors';
import { AliasTable } from './alias-table';
import { DurableStore } from './durable-store';
import { FollowedRunState } from './followed-run';
import { decodeFrame, type FrameItem, type FrameVisitor, type OpenItem } from './frame';
import { runKey, RunKeys, shortTag, userKey } from './keys';
import { RunChecker } from './run-checker';
import { type SubscribedRun, SubscribedRuns } from './subscribed-runs';
import { SubscriptionRegistry } from './subscription-registry';
import type {
  FollowedRun,
  Following,
  OnRunUpdate,
  RunIdentity,
  RunLookup,
  RunPosition,
  RunStreamSubscriber,
  RunTerminal,
  UserEvent,
} from './types';

export interface RunStreamSubscriberOptions {
  connections: RunConnections;
  /** State of a run by rpc. */
  lookup: RunLookup;
}

const REGISTRY_BEAT_MS = 1_000;
const CHECK_BEAT_MS = 100;
const AHEAD_WAIT_MS = 25;
const AHEAD_WAITS = 12;
const FOLLOW_LIMIT_MS = 5_000;
/** A connection that broke is back within this time. Redis that is away for longer is told to the reader. */
const RECONNECT_MS = 1_000;
const RECONNECT_PAUSE_MS = 25;
const COMPLAIN_EVERY_MS = 10_000;

/** The reading side of the token path: one per gateway process, for all its readers. */
export function createRunStreamSubscriber(options: RunStreamSubscriberOptions): RunStreamSubscriber {
  return new RedisRunStreamSubscriber(options);
}

class RedisRunStreamSubscriber implements RunStreamSubscriber, FrameVisitor {
  private readonly log: Logger;
  private readonly connections: RunConnections;
  private readonly registry: SubscriptionRegistry;
  private readonly checker: RunChecker<SubscribedRun>;
  private readonly store: DurableStore;
  private readonly runs: SubscribedRuns;
  private readonly aliases = new AliasTable();
  /** Runs that the frame in hand has changed. */
  private readonly touched = new Set<SubscribedRun>();
  private readonly stopRenewing: () => void;
  private checks: NodeJS.Timeout | undefined;
  /** The first reader's request ends long before the checks do. */
  private readonly detached = AsyncLocalStorage.snapshot();
  private readonly unsubscribe: Promise<() => void>;
  private now = performance.now();
  private complainedAt = -Infinity;
  private closed = false;

  constructor(options: RunStreamSubscriberOptions) {
    this.connections = options.connections;
    this.log = options.connections.logger('run-stream-subscriber');
    const { commands, subscriptions, keyspace, processId } = options.connections;
    const tag = shortTag(processId);
    const keys = new RunKeys(keyspace);
    const onError = (error: unknown): void => this.complain(error);
    this.store = new DurableStore(commands, keys, 0);
    this.registry = new SubscriptionRegistry(options.connections, keys, tag, onError);
    this.runs = new SubscribedRuns({
      onError,
      onKnown: () => this.startChecking(),
      onLetGo: (runId) => this.aliases.mute(runId, performance.now()),
    });
    this.checker = new RunChecker(this.store, options.lookup, (run) => this.runs.settle(run));
    this.unsubscribe = subscriptions.subscribe(keys.live(tag), (message) => this.receive(message));
    // A Redis that comes back may be empty. Missed frames need no action: the next heartbeat shows the gap.
    subscriptions.onRestored(() => void this.registry.refresh());
    this.stopRenewing = wakeEvery(REGISTRY_BEAT_MS, () => this.renew());
    void this.registry.refresh();
  }

  async follow(
    runId: string,
    cursor: RunPosition | undefined,
    onUpdate: OnRunUpdate,
    isSlow = (): boolean => false,
  ): Promise<Following> {
    const release = this.registry.hold(runKey(runId));
    const run = this.runs.ensure(runId);
    run.readers += 1;
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      release();
      run.readers -= 1;
      this.runs.letGo(run);
    };
    try {
      await this.prepare(run, cursor);
    } catch (error) {
      leave();
      throw error;
    }
    const follower = run.state.attach(cursor ?? 'start', onUpdate);
    const stop = (): void => {
      follower.close();
      run.state.followers.delete(follower);
      leave();
    };
    if (isSlow()) follower.pause();
    else follower.deliver();
    return Object.assign(stop, { pause: () => follower.pause(), resume: () => follower.resume() });
  }

  followUser(userId: string, onUpdate: OnRunUpdate, onEvent: (event: UserEvent) => void): () => void {
    const release = this.registry.hold(userKey(userId));
    const remove = this.runs.addUser(userId, onUpdate, onEvent);
    return () => {
      remove();
      release();
    };
  }

  async snapshot(runId: string): Promise<FollowedRun | undefined> {
    const apart = new FollowedRunState(runId, (error) => this.complain(error));
    let state = this.runs.get(runId)?.state ?? apart;
    if (state.isWhole && state.isCurrent) return state;
    try {
      const durable = await connected(() => this.store.read(runId));
      if (durable) state = this.learn(apart, durable, (of) => of.applyDurable(durable));
      if (!state.isWhole) {
        const found = await this.checker.lookedUp(runId);
        if (found) state = this.learn(apart, found, (of) => of.applyLookup(found));
      }
    } catch (error) {
      if (!state.isKnown) throw isRedisUnavailable(error) ? redisUnavailable() : error;
    }
    // Frames may have brought newer state meanwhile.
    const current = this.runs.get(runId)?.state;
    if (current?.isWhole) return current;
    return state.isKnown ? state : current?.isKnown ? current : undefined;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.stopRenewing();
    clearInterval(this.checks);
    (await this.unsubscribe)();
    await this.registry.close();
    this.runs.close();
  }

  // ------------------------------------------------------------ live path

  piece(worker: string, alias: number, offset: number, text: string): void {
    const binding = this.aliases.get(worker, alias);
    if (!binding || (binding.mutedAt !== undefined && this.runs.isWanted(binding.identity))) {
      this.aliases.ask(worker, alias, this.now);
      return;
    }
    const run = binding.mutedAt === undefined ? this.runs.get(binding.identity.runId) : undefined;
    if (!run) return;
    run.state.piece(binding.epoch, binding.generation, offset, text);
    this.touched.add(run);
  }

  item(worker: string, item: FrameItem): void {
    switch (item.k) {
      case 'o':
        this.openItem(worker, item);
        return;
      case 'e': {
        const binding = this.aliases.get(worker, item.a);
        const run = binding && binding.mutedAt === undefined ? this.runs.get(binding.identity.runId) : undefined;
        run?.state.end(item.t);
        if (run) this.touched.add(run);
        return;
      }
      case 'f': {
        if (!this.runs.isWanted(item.i)) return;
        const run = this.runs.ensure(item.i.runId);
        run.state.identify(item.i);
        run.state.end(item.t);
        this.runs.joinUsers(run);
        this.touched.add(run);
        return;
      }
      case 'u':
        this.runs.tellUser(item.u, item.v);
        return;
      default:
        assertNever(item);
    }
  }

  private openItem(worker: string, item: OpenItem): void {
    const binding = { identity: item.i, epoch: item.e, generation: item.n };
    const isWanted = this.runs.isWanted(item.i);
    this.aliases.bind(worker, item.a, isWanted ? binding : { ...binding, mutedAt: this.now });
    if (!isWanted) return;
    const run = this.runs.ensure(item.i.runId);
    run.state.identify(item.i);
    run.state.open({ epoch: item.e, generation: item.n, base: item.b, from: item.o, text: item.t });
    this.runs.joinUsers(run, item.f === 1 ? 'start' : 'join');
    this.touched.add(run);
  }

  private receive(message: string): void {
    if (this.closed) return;
    this.now = performance.now();
    try {
      decodeFrame(message, this);
    } catch {
      this.connections.deadLetters.put({ source: 'live', reason: 'not a frame', content: message });
    }
    try {
      for (const run of this.touched) this.heard(run);
    } finally {
      // A run that fails must not fail again with each later frame.
      this.touched.clear();
    }
    for (const [w, a] of this.aliases.takeUnknown()) this.registry.announce({ w, a });
  }

  private heard(run: SubscribedRun): void {
    run.state.heardAt = this.now;
    this.runs.settle(run);
    const isNewHole = run.state.needsText && !run.hasGap;
    run.hasGap = run.state.needsText;
    if (run.hasGap && !isNewHole) return;
    run.checks = 0;
    run.checkAt = 0;
    if (isNewHole) this.checker.check(run).catch((error: unknown) => this.complain(error));
  }

  // ------------------------------------------------------------ inside

  /** Loads what a reader needs to begin: the run, and whether its cursor is valid. */
  private async prepare(run: SubscribedRun, cursor: RunPosition | undefined): Promise<void> {
    const isReady = (): boolean => run.state.isKnown && (!cursor || run.state.canJudge(cursor));
    if (isReady()) return;
    const load = async (): Promise<void> => {
      await connected(() => this.checker.check(run));
      // A cursor may be ahead of the durable stream (a generation that has just begun): the worker's open item is in transit.
      for (let waits = 0; run.state.isKnown && !isReady() && waits < AHEAD_WAITS; waits += 1)
        await sleep(AHEAD_WAIT_MS);
      // The first check may have started earlier.
      if (!isReady()) await connected(() => this.checker.check(run));
    };
    try {
      await withTimeout(load(), FOLLOW_LIMIT_MS, redisUnavailable);
    } catch (error) {
      if (!run.state.isKnown) throw isRedisUnavailable(error) ? redisUnavailable() : error;
    }
    if (!run.state.isKnown) throw new CallError('NOT_FOUND', 'There is no such run.');
  }

  /**
   * Applies the state of a snapshot. Readers here are updated first, and sockets of a run without frames so far join it: otherwise their next
   * delta would repeat text of the snapshot.
   */
  private learn(
    apart: FollowedRunState,
    { identity, terminal }: { identity?: RunIdentity; terminal?: RunTerminal },
    apply: (state: FollowedRunState) => void,
  ): FollowedRunState {
    const isShown = identity !== undefined && !terminal && this.runs.isWanted(identity);
    const run = this.runs.get(apart.runId) ?? (isShown ? this.runs.ensure(apart.runId) : undefined);
    const state = run?.state ?? apart;
    apply(state);
    if (run) this.runs.settle(run);
    return state;
  }

  private startChecking(): void {
    if (this.closed) return;
    this.checks ??= this.detached(() => setInterval(() => this.check(), CHECK_BEAT_MS));
  }

  /** Checks silent and torn runs. A gateway without any does not wake for it. */
  private check(): void {
    this.checker.tick(this.runs.all(), performance.now());
    if (!this.runs.isEmpty) return;
    clearInterval(this.checks);
    this.checks = undefined;
  }

  private renew(): void {
    void this.registry.refresh();
    const now = performance.now();
    this.aliases.sweep(now);
    this.runs.sweep(now);
  }

  /**
   * The connection logs that Redis is away; here only unexpected errors are logged, and not one for each of many runs.
   */
  private complain(error: unknown): void {
    const now = performance.now();
    this.connections.capacity.failed(error);
    if (isRedisUnavailable(error) || now - this.complainedAt < COMPLAIN_EVERY_MS) return;
    this.complainedAt = now;
    this.log.warn({ err: error }, 'reading run streams failed');
  }
}

/** Reading that a broken connection ended is done again over the next one. */
async function connected<T>(read: () => Promise<T>): Promise<T> {
  const until = performance.now() + RECONNECT_MS;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!isRedisUnavailable(error) || performance.now() > until) throw error;
    }
    await sleep(RECONNECT_PAUSE_MS);
  }
}
