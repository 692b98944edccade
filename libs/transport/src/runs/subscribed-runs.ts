import { FollowedRunState } from './followed-run';
import type { Follower } from './follower';
import type { CheckedRun } from './run-checker';
import type { OnRunUpdate, RunIdentity, UserEvent } from './types';

/** An ended run is kept this long, with its text for late readers, and so that a repeated end is recognised. */
const KEEP_ENDED_MS = 10_000;
/** More ended runs are remembered by id only, up to this number. */
const MAX_ENDED = 10_000;

export interface SubscribedRun extends CheckedRun {
  /** Readers of this run, including those that are still being prepared. */
  readers: number;
  endedAt?: number;
}

/** The sockets of one user, from one `followUser`. */
interface UserFollower {
  onUpdate: OnRunUpdate;
  onEvent: (event: UserEvent) => void;
  followers: Map<SubscribedRun, Follower>;
}

export interface SubscribedRunsOptions {
  onError: (error: unknown) => void;
  /** A further run became known. */
  onKnown: () => void;
  /** This gateway ignores further items of the run. */
  onLetGo: (runId: string) => void;
}

/**
 * The runs that a gateway knows and their readers: readers of one run, and users whose sockets see all their chat runs.
 */
export class SubscribedRuns {
  private readonly runs = new Map<string, SubscribedRun>();
  private readonly users = new Map<string, Set<UserFollower>>();
  /** Runs whose end was sent; a repeated end is ignored. Oldest first. */
  private readonly ended = new Set<string>();

  constructor(private readonly options: SubscribedRunsOptions) {}

  get(runId: string): SubscribedRun | undefined {
    return this.runs.get(runId);
  }

  all(): Iterable<SubscribedRun> {
    return this.runs.values();
  }

  ensure(runId: string): SubscribedRun {
    const known = this.runs.get(runId);
    if (known) return known;
    const state = new FollowedRunState(runId, this.options.onError);
    const run: SubscribedRun = {
      state,
      checkAt: 0,
      checks: 0,
      hasGap: false,
      unknown: 0,
      readers: 0,
    };
    this.runs.set(runId, run);
    this.options.onKnown();
    return run;
  }

  get isEmpty(): boolean {
    return this.runs.size === 0;
  }

  /** A reader here follows this run, or its user's sockets show it. */
  isWanted(identity: RunIdentity): boolean {
    if ((this.runs.get(identity.runId)?.readers ?? 0) > 0) return true;
    if (identity.chatId === undefined || !this.users.has(identity.userId)) return false;
    return !this.ended.has(identity.runId);
  }

  addUser(userId: string, onUpdate: OnRunUpdate, onEvent: (event: UserEvent) => void): () => void {
    const user: UserFollower = { onUpdate, onEvent, followers: new Map() };
    const others = this.users.get(userId);
    if (others) others.add(user);
    else this.users.set(userId, new Set([user]));
    // Runs that others here follow already are shown at once; the workers open the others.
    for (const run of this.runs.values()) {
      const { identity, isKnown, isCurrent, terminal } = run.state;
      if (!isKnown || terminal || identity.userId !== userId || identity.chatId === undefined) continue;
      const follower = join(user, run, 'join');
      if (isCurrent) follower.deliver();
      // Others may have shown its end: it is shown with the next check.
      else run.checkAt = 0;
    }
    return () => this.removeUser(userId, user);
  }

  /**
   * Adds every socket of the run's user, from the first item that names the run. They are updated with the next `settle`, after the whole
   * frame: if the run is over by then they only get the end.
   */
  joinUsers(run: SubscribedRun, start: 'start' | 'join' = 'join'): void {
    const { userId, chatId } = run.state.identity;
    if (chatId === undefined || run.endedAt !== undefined) return;
    for (const user of this.users.get(userId) ?? []) if (!user.followers.has(run)) join(user, run, start);
  }

  tellUser(userId: string, event: UserEvent): void {
    for (const user of this.users.get(userId) ?? []) {
      try {
        user.onEvent(event);
      } catch (error) {
        this.options.onError(error);
      }
    }
  }

  /** After a change: updates all followers, and forgets a run that has ended. */
  settle(run: SubscribedRun): void {
    const { state } = run;
    if (this.runs.get(state.runId) !== run || !state.isKnown) return;
    this.joinUsers(run);
    state.deliver();
    if (!state.terminal || run.endedAt !== undefined) return;
    run.endedAt = performance.now();
    this.remember(state.runId);
    this.options.onLetGo(state.runId);
  }

  /** Forgets a run without followers; an ended one is removed by the next sweep. */
  letGo(run: SubscribedRun): void {
    const { runId, followers } = run.state;
    if (run.readers > 0 || followers.size > 0 || run.endedAt !== undefined || this.runs.get(runId) !== run) return;
    this.runs.delete(runId);
    this.options.onLetGo(runId);
  }

  sweep(now: number): void {
    for (const run of this.runs.values()) {
      if (run.endedAt === undefined || now - run.endedAt < KEEP_ENDED_MS || run.readers > 0) continue;
      this.runs.delete(run.state.runId);
      for (const user of this.users.get(run.state.identity.userId) ?? []) user.followers.delete(run);
    }
  }

  close(): void {
    for (const { state } of this.runs.values()) for (const follower of state.followers) follower.close();
    this.runs.clear();
    this.users.clear();
  }

  private removeUser(userId: string, user: UserFollower): void {
    const users = this.users.get(userId);
    if (!users?.delete(user)) return;
    if (users.size === 0) this.users.delete(userId);
    for (const [run, follower] of user.followers) {
      follower.close();
      run.state.followers.delete(follower);
      this.letGo(run);
    }
  }

  private remember(runId: string): void {
    this.ended.add(runId);
    for (const oldest of this.ended) {
      if (this.ended.size <= MAX_ENDED) return;
      this.ended.delete(oldest);
    }
  }
}

function join(user: UserFollower, run: SubscribedRun, start: 'start' | 'join'): Follower {
  const follower = run.state.attach(start, user.onUpdate);
  user.followers.set(run, follower);
  return follower;
}
