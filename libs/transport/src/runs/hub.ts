import { Logger } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import type { Connections } from '../redis/connections';
import { isRedisUnavailable, redisUnavailable } from '../redis/errors';
import { AliasTable } from './alias-table';
import { DurableStore } from './durable-store';
import { FollowedRunState } from './followed-run';
import type { Follower } from './follower';
import { decodeFrame, type FrameItem, type FrameVisitor } from './frame';
import { HeldRegistry } from './held-registry';
import { RunKeys, runKey, shortTag, userKey } from './keys';
import { RunChecker, type CheckedRun } from './run-checker';
import type {
  FollowedRun,
  Following,
  OnRunUpdate,
  RunHub,
  RunIdentity,
  RunLookup,
  RunPosition,
  UserEvent,
} from './types';

export interface RunHubOptions {
  connections: Pick<Connections, 'commands' | 'subscriptions' | 'keyPrefix' | 'processId'>;
  /** State of a run by rpc. */
  lookup: RunLookup;
}

const REGISTRY_BEAT_MS = 1_000;
const CHECK_BEAT_MS = 100;
/** An ended run is remembered this long, with its text for those who ask, and so that a repeated end is known. */
const KEEP_ENDED_MS = 10_000;
/** How many ended runs are known by name beyond that. */
const MAX_ENDED = 10_000;
const FOLLOW_LIMIT_MS = 5_000;
const COMPLAIN_EVERY_MS = 10_000;

/** The reading side of the token's way: one per gateway process, for all its readers. */
export function createRunHub(options: RunHubOptions): RunHub {
  return new Hub(options);
}

interface HubRun extends CheckedRun {
  /** Readers of this very run, `follow`s that are being prepared included. */
  readers: number;
  endedAt?: number;
}

interface UserFollower {
  onUpdate: OnRunUpdate;
  onEvent: (event: UserEvent) => void;
  followers: Map<HubRun, Follower>;
}

class Hub implements RunHub, FrameVisitor {
  private readonly logger = new Logger('RunHub');
  private readonly keys: RunKeys;
  private readonly registry: HeldRegistry;
  private readonly checker: RunChecker;
  private readonly store: DurableStore;
  private readonly aliases = new AliasTable();
  private readonly runs = new Map<string, HubRun>();
  private readonly users = new Map<string, Set<UserFollower>>();
  /** Runs whose end was told; a repeated one is nothing new. Oldest first. */
  private readonly ended = new Set<string>();
  /** Runs that the frame in hand has changed. */
  private readonly touched = new Set<HubRun>();
  private readonly timers: NodeJS.Timeout[];
  private readonly unsubscribe: Promise<() => void>;
  private now = Date.now();
  private complainedAt = 0;
  private closed = false;

  constructor(private readonly options: RunHubOptions) {
    const { commands, subscriptions, keyPrefix, processId } = options.connections;
    const tag = shortTag(processId);
    const complain = (error: unknown): void => this.complain(error);
    this.keys = new RunKeys(keyPrefix);
    this.store = new DurableStore(commands, this.keys, 0);
    this.registry = new HeldRegistry(commands, this.keys, tag, complain);
    this.checker = new RunChecker(this.store, options.lookup, (run) => this.settle(run as HubRun));
    this.unsubscribe = subscriptions.subscribe(this.keys.live(tag), (message) => this.receive(message));
    // A Redis that comes back may be empty. Missed frames need nothing: the next sign of life shows what is missing.
    subscriptions.onRestored(() => void this.registry.refresh());
    this.timers = [
      setInterval(() => this.renew(), REGISTRY_BEAT_MS),
      setInterval(() => this.checker.tick(this.runs.values(), Date.now()), CHECK_BEAT_MS),
    ];
    void this.registry.refresh();
  }

  async follow(runId: string, cursor: RunPosition | undefined, onUpdate: OnRunUpdate): Promise<Following> {
    const release = this.registry.hold(runKey(runId));
    const run = this.ensure(runId);
    run.readers += 1;
    const leave = (): void => {
      release();
      run.readers -= 1;
      this.forgetUnread(run);
    };
    try {
      await this.prepare(run, cursor);
    } catch (error) {
      leave();
      throw error;
    }
    const follower = run.state.attach(cursor ?? 'start', onUpdate);
    const stop = (): void => {
      if (!run.state.followers.delete(follower)) return;
      follower.close();
    };
    let left = false;
    const following = Object.assign(
      () => {
        stop();
        if (left) return;
        left = true;
        leave();
      },
      { pause: () => follower.pause(), resume: () => follower.resume() },
    );
    follower.deliver();
    return following;
  }

  followUser(userId: string, onUpdate: OnRunUpdate, onEvent: (event: UserEvent) => void): () => void {
    const user: UserFollower = { onUpdate, onEvent, followers: new Map() };
    const others = this.users.get(userId);
    if (others) others.add(user);
    else this.users.set(userId, new Set([user]));
    const release = this.registry.hold(userKey(userId));
    // What others of this user see already is shown at once; what no one here has seen is opened by the workers.
    for (const run of this.runs.values()) {
      if (run.state.isKnown && !run.state.terminal && isShownTo(run.state.identity, userId)) this.join(user, run);
    }
    return () => {
      const set = this.users.get(userId);
      if (!set?.delete(user)) return;
      if (set.size === 0) this.users.delete(userId);
      release();
      for (const [run, follower] of user.followers) {
        follower.close();
        run.state.followers.delete(follower);
        this.forgetUnread(run);
      }
    };
  }

  async snapshot(runId: string): Promise<FollowedRun | undefined> {
    const held = this.runs.get(runId)?.state;
    if (held?.isWhole) return held;
    const state = new FollowedRunState(runId, (error) => this.complain(error));
    try {
      const durable = await this.store.read(runId);
      if (durable) state.applyDurable(durable);
      if (state.isWhole) return state;
      const found = await this.checker.lookedUp(runId);
      if (found) state.applyLookup(found);
    } catch (error) {
      if (!held?.isKnown) throw isRedisUnavailable(error) ? redisUnavailable() : error;
    }
    return state.isKnown ? state : held?.isKnown ? held : undefined;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearInterval(timer);
    (await this.unsubscribe)();
    await this.registry.close();
    for (const { state } of this.runs.values()) for (const follower of state.followers) follower.close();
    this.runs.clear();
    this.users.clear();
  }

  // ------------------------------------------------------------ live path

  piece(worker: string, alias: number, offset: number, text: string): void {
    const binding = this.aliases.get(worker, alias);
    if (!binding || (binding.mutedAt !== undefined && this.isWanted(binding.identity))) {
      this.aliases.ask(worker, alias, this.now);
      return;
    }
    if (binding.mutedAt !== undefined) return;
    const run = this.runs.get(binding.identity.runId);
    if (!run) return;
    run.state.piece(binding.epoch, binding.generation, offset, text);
    this.touched.add(run);
  }

  item(worker: string, item: FrameItem): void {
    switch (item.k) {
      case 'o': {
        const binding = { identity: item.i, epoch: item.e, generation: item.n };
        const isWanted = this.isWanted(item.i);
        this.aliases.bind(worker, item.a, isWanted ? binding : { ...binding, mutedAt: this.now });
        if (!isWanted) return;
        const run = this.ensure(item.i.runId);
        run.state.identify(item.i);
        run.state.open({ epoch: item.e, generation: item.n, base: item.b, from: item.o, text: item.t });
        this.joinAll(run, item.f === 1 ? 'start' : 'join');
        this.touched.add(run);
        return;
      }
      case 'e': {
        const binding = this.aliases.get(worker, item.a);
        const run = binding && binding.mutedAt === undefined ? this.runs.get(binding.identity.runId) : undefined;
        if (!run) return;
        run.state.end(item.t);
        this.touched.add(run);
        return;
      }
      case 'f': {
        if (!this.isWanted(item.i)) return;
        const run = this.ensure(item.i.runId);
        run.state.identify(item.i);
        run.state.end(item.t);
        this.joinAll(run);
        this.touched.add(run);
        return;
      }
      case 'u':
        for (const user of this.users.get(item.u) ?? []) this.guard(() => user.onEvent(item.v));
        return;
    }
  }

  private receive(message: string): void {
    if (this.closed) return;
    this.now = Date.now();
    this.guard(() => decodeFrame(message, this));
    for (const run of this.touched) {
      run.heardAt = this.now;
      this.settle(run);
      const isNewHole = run.state.needsText && !run.torn;
      run.torn = run.state.needsText;
      if (run.torn && !isNewHole) continue;
      run.checks = 0;
      run.checkAt = 0;
      if (isNewHole) {
        this.checker.check(run).catch((error: unknown) => this.complain(error));
      }
    }
    this.touched.clear();
    for (const [w, a] of this.aliases.takeUnknown()) this.registry.announce({ w, a });
  }

  // ------------------------------------------------------------ runs

  private ensure(runId: string): HubRun {
    const known = this.runs.get(runId);
    if (known) return known;
    const run: HubRun = {
      state: new FollowedRunState(runId, (error) => this.complain(error)),
      heardAt: Date.now(),
      checkAt: 0,
      checks: 0,
      torn: false,
      unknown: 0,
      readers: 0,
    };
    this.runs.set(runId, run);
    return run;
  }

  /** Loads what must be known before a reader can begin: the run, and whether its cursor is true. */
  private async prepare(run: HubRun, cursor: RunPosition | undefined): Promise<void> {
    const isReady = (): boolean => run.state.isKnown && (!cursor || run.state.canJudge(cursor));
    if (isReady()) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(redisUnavailable()), FOLLOW_LIMIT_MS);
    });
    try {
      await Promise.race([this.checker.check(run), late]);
      if (!isReady()) await Promise.race([this.checker.check(run), late]);
    } catch (error) {
      if (!run.state.isKnown) throw isRedisUnavailable(error) ? redisUnavailable() : error;
    } finally {
      clearTimeout(timer);
    }
    if (!run.state.isKnown) throw new CallError('NOT_FOUND', 'There is no such run.');
  }

  /** After a change: tells the followers, lets ended runs go. */
  private settle(run: HubRun): void {
    if (this.closed || this.runs.get(run.state.runId) !== run) return;
    if (!run.state.isKnown) return;
    this.joinAll(run);
    run.state.deliver();
    if (!run.state.terminal || run.endedAt !== undefined) return;
    run.endedAt = Date.now();
    this.remember(run.state.runId);
    this.aliases.mute(run.state.runId, run.endedAt);
  }

  private isWanted(identity: RunIdentity): boolean {
    const run = this.runs.get(identity.runId);
    if (run && run.readers > 0) return true;
    if (identity.chatId === undefined || !this.users.has(identity.userId)) return false;
    return !this.ended.has(identity.runId);
  }

  /** Every socket of the run's user sees it, from the first item that names it. */
  private joinAll(run: HubRun, start: 'start' | 'join' = 'join'): void {
    const { identity } = run.state;
    if (identity.chatId === undefined || run.endedAt !== undefined) return;
    for (const user of this.users.get(identity.userId) ?? []) if (!user.followers.has(run)) this.join(user, run, start);
  }

  private join(user: UserFollower, run: HubRun, start: 'start' | 'join' = 'join'): void {
    const follower = run.state.attach(start, user.onUpdate);
    user.followers.set(run, follower);
    follower.deliver();
  }

  private forgetUnread(run: HubRun): void {
    if (run.readers > 0 || run.state.followers.size > 0 || run.endedAt !== undefined) return;
    if (this.runs.get(run.state.runId) !== run) return;
    this.runs.delete(run.state.runId);
    this.aliases.mute(run.state.runId, Date.now());
  }

  private remember(runId: string): void {
    this.ended.add(runId);
    for (const oldest of this.ended) {
      if (this.ended.size <= MAX_ENDED) return;
      this.ended.delete(oldest);
    }
  }

  // ------------------------------------------------------------ timers

  private renew(): void {
    void this.registry.refresh();
    const now = Date.now();
    this.aliases.sweep(now);
    for (const run of this.runs.values()) {
      if (run.endedAt === undefined || now - run.endedAt < KEEP_ENDED_MS || run.readers > 0) continue;
      this.runs.delete(run.state.runId);
      for (const user of this.users.get(run.state.identity.userId) ?? []) user.followers.delete(run);
    }
  }

  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.complain(error);
    }
  }

  private complain(error: unknown): void {
    const now = Date.now();
    if (isRedisUnavailable(error) || now - this.complainedAt < COMPLAIN_EVERY_MS) return;
    this.complainedAt = now;
    this.logger.warn(
      `reading run streams failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}

function isShownTo(identity: RunIdentity, userId: string): boolean {
  return identity.userId === userId && identity.chatId !== undefined;
}
