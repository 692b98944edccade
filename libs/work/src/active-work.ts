import { every, type Interval, type Logger, retryTransient, type Runtime, waitAtMost } from '@perennial/runtime';
import type { Fence, WorkStore } from './work-store';

const LOOK_MS = 1_000;
/**
 * Checks for which a claim in progress protects a stray that may be its own. Then its reply counts as lost: a claim that hangs on a dead
 * connection must not keep its rows unwritten. A reply that comes later finds another epoch.
 */
const CLAIM_LOOKS = 3;

/**
 * `lost`: another process owns it, or the work is not needed any more. `handover`: this process ends, another one continues.
 */
export type StopReason = 'lost' | 'handover';

/** A piece of work that this process owns. */
export interface ActiveItem extends Fence {
  /** Resolves when this process has finished with it, however it ended. */
  readonly over: Promise<unknown>;
  /** Its last statement is in progress: it is not stopped, and its row may have no owner already. */
  readonly finishing?: boolean;
  stop(reason: StopReason): void;
}

export interface ActiveWorkOptions<Item, Owned extends Fence, Job> {
  /** Names the work in log lines: `runs`. */
  name: string;
  runtime: Runtime;
  registry: { readonly id: string; onReaped(listener: () => void): void };
  queue: { enqueue(jobs: readonly Job[]): void };
  store: WorkStore<Item, Owned, Job>;
  /** Called with the row of an item that this process still owns. */
  onOwned?: (item: Item, owned: Owned) => void;
}

/**
 * The work of this process. Each second one statement compares the rows that this process owns with its memory, in both directions: work that
 * another process owns is stopped, and a stray (its claim committed, but the reply was lost) is released.
 */
export class ActiveWork<Item extends ActiveItem, Owned extends Fence, Job extends object> {
  private readonly items = new Map<string, Item>();
  /** Claims in progress, each with the number of the check before which it began. */
  private readonly claims = new Map<Promise<unknown>, number>();
  private looks = 0;
  private isLeaving = false;
  /** Claimed while this process was already draining. */
  private readonly unbegun: Item[] = [];
  /** Rows that this process owned at the last check without knowing them, with the number of the check that saw each first. */
  private strays = new Map<string, { epoch: number; since: number }>();
  private readonly log: Logger;
  private interval?: Interval;

  constructor(private readonly options: ActiveWorkOptions<Item, Owned, Job>) {
    this.log = options.runtime.logger(`active ${options.name}`);
  }

  start(): void {
    this.options.registry.onReaped(() => {
      for (const item of this.items.values()) item.stop('lost');
    });
    this.interval = every(LOOK_MS, () => this.look(), { name: `compare ${this.options.name}`, log: this.log });
  }

  get size(): number {
    return this.items.size;
  }

  get leaving(): boolean {
    return this.isLeaving;
  }

  get(id: string): Item | undefined {
    return this.items.get(id);
  }

  /** Marks a claim as in progress, so that a check meanwhile does not release the rows that it takes. */
  async whileClaiming<T>(claim: () => Promise<T>): Promise<T> {
    const claiming = claim();
    this.claims.set(claiming, this.looks);
    try {
      return await claiming;
    } finally {
      this.claims.delete(claiming);
    }
  }

  /** Resolves when the claims in progress have ended. */
  async claimed(): Promise<void> {
    await Promise.allSettled(this.claims.keys());
  }

  /** To be called within a claim. */
  add(item: Item): void {
    const before = this.items.get(item.id);
    this.items.set(item.id, item);
    // Postgres forgot an earlier claim of this process (a failover lost it) and has issued the same epoch again. Two writers of one epoch cannot be
    // told apart, so both stop; the row becomes a stray, and its next claim has a higher epoch.
    if (before !== undefined) before.stop('lost');
    if (before?.epoch === item.epoch) item.stop('lost');
    // Its claim was in progress when the process was asked to drain.
    if (!this.isLeaving) return;
    item.stop('handover');
    this.unbegun.push(item);
  }

  remove(item: Item): void {
    if (this.items.get(item.id) === item) this.items.delete(item.id);
  }

  /** Checks as soon as possible. */
  trigger(): void {
    this.interval?.trigger();
  }

  async look(): Promise<void> {
    this.looks += 1;
    const { registry, store } = this.options;
    const { id } = registry;
    const held = [...this.items.values()];
    const owned = await store.owned(id, held);
    // A new incarnation in between: the result is about the earlier one.
    if (id === registry.id) await this.compare(held, owned);
  }

  /** From now on, work of claims in progress is handed over before it starts. */
  leave(): void {
    this.isLeaving = true;
  }

  /**
   * Lets work end by itself until `endBy`. Then stops the rest and releases it: first checkpoints, then the rows, then the notices to other
   * processes. An item at its last statement has until `deadlineAt` to end here, and Postgres, if unavailable, has the same time to return.
   * Both are milliseconds of `performance.now()`. Resolves as soon as no work is left. Claims, last statements and the regular check may hang on
   * Postgres; no work waits for another's.
   */
  async handOver(endBy: number, deadlineAt: number, signal: AbortSignal): Promise<void> {
    this.isLeaving = true;
    const deadline = { at: deadlineAt, signal };
    await settled([this.releaseUnbegun(deadline), this.releaseBegun(endBy, deadline)]);
  }

  private async releaseUnbegun(deadline: Deadline): Promise<void> {
    await before(deadline.at, this.claimed());
    await before(deadline.at, allOver(this.unbegun));
    await retryUntil(deadline, () => this.giveBack(this.unbegun));
  }

  private async releaseBegun(endBy: number, deadline: Deadline): Promise<void> {
    await before(endBy, allOver(this.items.values()));
    const checked = this.interval?.stop() ?? Promise.resolve();
    const left = [...this.items.values()].filter((item) => !this.unbegun.includes(item));
    const finishing = left.filter((item) => item.finishing);
    const others = left.filter((item) => !item.finishing);
    const finished = before(deadline.at, allOver(finishing)).then(() =>
      this.release(
        finishing.filter(({ id }) => this.items.has(id)),
        checked,
        deadline,
      ),
    );
    await settled([this.release(others, checked, deadline), finished]);
  }

  /** Stops items and releases them. Their last checkpoint comes after that of the regular check. */
  private async release(items: readonly Item[], checked: Promise<void>, deadline: Deadline): Promise<void> {
    if (items.length === 0) return;
    const { name, registry, store } = this.options;
    for (const item of items) item.stop('handover');
    await before(deadline.at, checked);
    await retryUntil(deadline, async () => store.keep?.(registry.id, items));
    await before(deadline.at, allOver(items));
    await retryUntil(deadline, () => this.giveBack(items));
    this.log.info({ [name]: items.length }, 'handed over');
  }

  private async compare(held: readonly Item[], owned: readonly Owned[]): Promise<void> {
    const { name, onOwned } = this.options;
    const mine = new Map(owned.map((row) => [row.id, row]));
    for (const item of held) {
      if (item.finishing || this.items.get(item.id) !== item) continue;
      const row = mine.get(item.id);
      if (row?.epoch !== item.epoch) item.stop('lost');
      else onOwned?.(item, row);
    }
    const strays = owned.filter(({ id }) => !this.items.has(id));
    const lost: Owned[] = [];
    const seen = new Map<string, { epoch: number; since: number }>();
    for (const stray of strays) {
      const { id, epoch } = stray;
      const before = this.strays.get(id);
      const isNew = before?.epoch !== epoch;
      const since = isNew ? this.looks : before.since;
      if (!isNew && !this.isWaitedFor(since)) lost.push(stray);
      else seen.set(id, { epoch, since });
    }
    this.strays = seen;
    if (lost.length === 0) return;
    this.log.warn({ [name]: lost.length }, 'strays released');
    await this.giveBack(lost);
  }

  /** Whether a claim that began before the result of this check is still waiting for its reply: a stray that the check saw first may be its own. */
  private isWaitedFor(check: number): boolean {
    return [...this.claims.values()].some((look) => look <= check && this.looks - look <= CLAIM_LOOKS);
  }

  private async giveBack(items: readonly Fence[]): Promise<void> {
    if (items.length === 0) return;
    const { queue, registry, store } = this.options;
    const fences = items.map(({ id, epoch }) => ({ id, epoch }));
    queue.enqueue(await store.release(registry.id, fences));
  }
}

interface Deadline {
  /** Milliseconds of `performance.now()`. */
  at: number;
  signal: AbortSignal;
}

function retryUntil({ at, signal }: Deadline, work: () => Promise<unknown>): Promise<unknown> {
  return retryTransient(work, { signal, limitMs: at - performance.now() });
}

/** Resolves when all have ended; rejects then with the first failure. */
async function settled(work: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

function allOver(items: Iterable<ActiveItem>): Promise<unknown> {
  return Promise.all([...items].map(({ over }) => over));
}

/** Waits for `work`, but no longer than until `time` (milliseconds of `performance.now()`). */
async function before(time: number, work: Promise<unknown>): Promise<void> {
  await waitAtMost(work, time - performance.now());
}
