import { Inject, Injectable } from '@nestjs/common';
import { every, retryTransient, Runtime, waitAtMost, type Interval, type Logger } from '@perennial/runtime';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { OwnershipRepository, type OwnedRun } from '../ownership/ownership.repository';
import { ProcessRegistry } from '../ownership/process-registry';
import { RunQueue, type RunJob } from '../ownership/run-queue';
import type { Attempt } from './attempt';

const TICK_MS = 1_000;

/**
 * The runs that this process writes. Each second one statement checkpoints all of them and compares the runs that this process owns in
 * Postgres with its memory, both ways: a run that was lost to another owner is dropped, and a run that this process does not know (its claim
 * committed, the reply was lost) is released.
 */
@Injectable()
export class ActiveRuns {
  readonly #attempts = new Map<string, Attempt>();
  /** Claims under way, with the tick before which they began. */
  readonly #claims = new Map<Promise<unknown>, number>();
  /** Number of runs that they may bring. */
  #expected = 0;
  #ticks = 0;
  #leaving = false;
  /** Claimed while this process was already leaving. */
  readonly #unbegun: Attempt[] = [];
  /** Our runs in Postgres that memory did not know at the last tick, with their epoch. */
  #strays = new Map<string, number>();
  #published: string[] = [];
  readonly #log: Logger;
  #interval?: Interval;

  constructor(
    private readonly repository: OwnershipRepository,
    private readonly registry: ProcessRegistry,
    private readonly queue: RunQueue,
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.#log = runtime.logger('active-runs');
    runtime.metrics.gauge('runs_held', 'Answers that this process is writing', [], (gauge) =>
      gauge.set(this.#attempts.size),
    );
  }

  start(): void {
    this.registry.onReaped(() => {
      for (const attempt of this.#attempts.values()) attempt.stop('lost');
    });
    this.#interval = every(TICK_MS, () => this.tick(), { name: 'checkpoint runs', log: this.#log });
  }

  /** How many more runs this process may write. */
  get room(): number {
    return this.env.WORKER_CONCURRENCY - this.#attempts.size - this.#expected;
  }

  /** Called when the room changes. */
  onRoom: (room: number) => void = () => undefined;

  /**
   * Reserves room for the runs of a claim under way, and marks it, so that a tick in between does not release its runs.
   */
  async whileClaiming<T>(count: number, claim: () => Promise<T>): Promise<T> {
    this.#expected += count;
    this.onRoom(this.room);
    const claiming = claim();
    this.#claims.set(claiming, this.#ticks);
    try {
      return await claiming;
    } finally {
      this.#claims.delete(claiming);
      this.#expected -= count;
      this.onRoom(this.room);
    }
  }

  add(attempt: Attempt): void {
    this.#attempts.set(attempt.runId, attempt);
    attempt.onPublished = (runId) => this.#published.push(runId);
    // Its claim was under way when the shutdown began.
    if (!this.#leaving) return;
    attempt.stop('handover');
    this.#unbegun.push(attempt);
  }

  remove(attempt: Attempt): void {
    if (this.#attempts.get(attempt.runId) === attempt) this.#attempts.delete(attempt.runId);
    this.onRoom(this.room);
  }

  /**
   * These runs may be cancelled. The next checkpoint is made at once, because its reply says which really are. A claim of one of them may
   * have committed while its reply is in transit.
   */
  async cancel(runIds: readonly string[]): Promise<void> {
    const areHeld = (): boolean => runIds.some((runId) => this.#attempts.has(runId));
    if (!areHeld()) await Promise.allSettled(this.#claims.keys());
    if (areHeld()) this.#interval?.trigger();
  }

  async tick(): Promise<void> {
    this.#ticks += 1;
    const { id } = this.registry;
    const held = [...this.#attempts.values()];
    for (const attempt of held) attempt.watchReader();
    // An attempt at its finish writes its text there; a concurrent checkpoint could commit after it and stay.
    const writing = held.filter((attempt) => !attempt.finishing);
    const rows = writing.flatMap((attempt) => attempt.uncheckpointed());
    const checkpoint = this.repository.checkpoint(id, rows);
    for (const attempt of writing) attempt.checkpointing(checkpoint);
    const owned = await checkpoint;
    const stored = new Set(rows);
    if (rows.length > 0) for (const attempt of writing) attempt.checkpointed(stored);
    // After a change of incarnation the statement's result is about the former one.
    if (id === this.registry.id) await this.#compare(held, owned);
    await this.#markPublished();
  }

  /** From now on newly claimed runs are handed over before they are started. */
  leave(): void {
    this.#leaving = true;
  }

  /**
   * Lets answers end by themselves until `endBy`, then stops and releases the rest: text first, then the runs, then a hint to the other
   * workers. Answers at their finish, and an unavailable Postgres, have until `deadlineAt`. Both are milliseconds of `Date.now()`. Resolves
   * as soon as nothing is left.
   */
  async handOver(endBy: number, deadlineAt: number, signal: AbortSignal): Promise<void> {
    this.#leaving = true;
    const untilDeadline = (work: () => Promise<unknown>): Promise<unknown> =>
      retryTransient(work, { signal, limitMs: deadlineAt - Date.now() });
    await before(deadlineAt, Promise.allSettled(this.#claims.keys()));
    await before(deadlineAt, Promise.all(this.#unbegun.map((attempt) => attempt.over)));
    await untilDeadline(() => this.#giveBack(this.#unbegun));
    await before(endBy, Promise.all([...this.#attempts.values()].map((attempt) => attempt.over)));
    await this.#interval?.stop();
    const finishing = [...this.#attempts.values()].filter((attempt) => attempt.finishing);
    await before(deadlineAt, Promise.all(finishing.map((attempt) => attempt.over)));
    const left = [...this.#attempts.values()];
    for (const attempt of left) attempt.stop('handover');
    const rows = left.flatMap((attempt) => attempt.uncheckpointed());
    if (rows.length > 0) await untilDeadline(() => this.repository.checkpoint(this.registry.id, rows));
    await before(deadlineAt, Promise.all(left.map((attempt) => attempt.over)));
    await untilDeadline(() => this.#giveBack(left));
    await this.#markPublished();
    if (left.length > 0) this.#log.info({ runs: left.length }, 'handed over');
  }

  async #compare(held: readonly Attempt[], owned: readonly OwnedRun[]): Promise<void> {
    const mine = new Map(owned.map((run) => [run.id, run]));
    for (const attempt of held) {
      if (attempt.finishing || this.#attempts.get(attempt.runId) !== attempt) continue;
      const run = mine.get(attempt.runId);
      if (run?.epoch !== attempt.epoch) attempt.stop('lost');
      else if (run.cancelled) attempt.stop('cancelled');
    }
    const strays = owned.filter((run) => !this.#attempts.has(run.id));
    // A claim that began before this tick may own a run that was unknown at the last one, and still wait for its reply.
    const isWaitedFor = [...this.#claims.values()].some((tick) => tick < this.#ticks);
    const lost = isWaitedFor ? [] : strays.filter((run) => this.#strays.get(run.id) === run.epoch);
    this.#strays = new Map(strays.map((run) => [run.id, run.epoch]));
    if (lost.length === 0) return;
    this.#log.warn({ runs: lost.length }, 'released runs that this process owned without knowing');
    await this.#giveBack(lost.map((run) => ({ runId: run.id, epoch: run.epoch })));
  }

  async #giveBack(runs: readonly RunJob[]): Promise<void> {
    if (runs.length === 0) return;
    this.queue.enqueue(
      await this.repository.release(
        this.registry.id,
        runs.map(({ runId, epoch }) => ({ runId, epoch })),
      ),
    );
  }

  async #markPublished(): Promise<void> {
    if (this.#published.length === 0) return;
    const published = this.#published;
    this.#published = [];
    try {
      await this.repository.markPublished(published);
    } catch (error) {
      this.#published.push(...published);
      throw error;
    }
  }
}

/** Waits for `work`, but no longer than until `time` (milliseconds of `Date.now()`). */
async function before(time: number, work: Promise<unknown>): Promise<void> {
  await waitAtMost(work, time - Date.now());
}
