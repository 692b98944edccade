import { Inject, Injectable } from '@nestjs/common';
import { every, Runtime, type Interval, type Logger } from '@perennial/runtime';
import { OwnershipRepository, type OwnedRun } from '../ownership/ownership.repository';
import { ProcessRegistry } from '../ownership/process-registry';
import { RunQueue, type RunJob } from '../ownership/run-queue';
import type { Attempt } from './attempt';
import { patiently } from './patience';

const TICK_MS = 1_000;

/**
 * The runs that this process writes. Each second one statement checkpoints all of them and compares Postgres' view of what this
 * process owns with its memory, both ways: a run that is another's is let go, a run that this process does not know of (its take
 * committed, the reply was lost) is given back.
 */
@Injectable()
export class HeldRuns {
  readonly #attempts = new Map<string, Attempt>();
  /** Takes that are under way. */
  readonly #taking = new Map<string, Promise<unknown>>();
  #leaving = false;
  /** Runs of ours in Postgres that memory did not know at the last tick, with their epoch. */
  #strays = new Map<string, number>();
  #published: string[] = [];
  readonly #log: Logger;
  #interval?: Interval;

  constructor(
    private readonly repository: OwnershipRepository,
    private readonly registry: ProcessRegistry,
    private readonly queue: RunQueue,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.#log = runtime.logger('held-runs');
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

  has(runId: string): boolean {
    return this.#attempts.has(runId) || this.#taking.has(runId);
  }

  /** Marks a run whose take is under way, so that a tick in between does not give it back. */
  async whileTaking<T>(runId: string, take: () => Promise<T>): Promise<T> {
    const taking = take();
    this.#taking.set(runId, taking);
    try {
      return await taking;
    } finally {
      this.#taking.delete(runId);
    }
  }

  add(attempt: Attempt): void {
    this.#attempts.set(attempt.runId, attempt);
    attempt.onPublished = (runId) => this.#published.push(runId);
    // Its take was under way when the process was told to end.
    if (this.#leaving) attempt.stop('handover');
  }

  remove(attempt: Attempt): void {
    if (this.#attempts.get(attempt.runId) === attempt) this.#attempts.delete(attempt.runId);
  }

  /** Stops those of the runs that are here. */
  cancel(runIds: readonly string[]): void {
    for (const runId of runIds) this.#attempts.get(runId)?.stop('cancelled');
  }

  async tick(): Promise<void> {
    const { id } = this.registry;
    const held = [...this.#attempts.values()];
    for (const attempt of held) attempt.watchReader();
    const rows = held.flatMap((attempt) => attempt.uncheckpointed());
    const owned = await this.repository.checkpoint(id, rows);
    const stored = new Set(rows);
    if (rows.length > 0) for (const attempt of held) attempt.checkpointed(stored);
    // A new incarnation in between: what the statement said is about one that is no more.
    if (id === this.registry.id) await this.#compare(held, owned);
    await this.#markPublished();
  }

  /**
   * Stops everything and gives it back: text first, then the runs, then word to the other workers. What is at its finish gets
   * until `deadlineAt` (milliseconds of `Date.now()`) to end here, and a Postgres that is away gets as long to come back.
   */
  async handOver(deadlineAt: number, signal: AbortSignal): Promise<void> {
    this.#leaving = true;
    await this.#interval?.stop();
    const finishing = [...this.#attempts.values()].filter((attempt) => attempt.finishing);
    const patience = new Promise((resolve) => setTimeout(resolve, Math.max(0, deadlineAt - Date.now())).unref());
    await Promise.race([
      Promise.allSettled([...this.#taking.values(), ...finishing.map((attempt) => attempt.over)]),
      patience,
    ]);
    const left = [...this.#attempts.values()];
    for (const attempt of left) attempt.stop('handover');
    const rows = left.flatMap((attempt) => attempt.uncheckpointed());
    const untilDeadline = (work: () => Promise<unknown>): Promise<unknown> =>
      patiently(work, { signal, limitMs: deadlineAt - Date.now() });
    if (rows.length > 0) await untilDeadline(() => this.repository.checkpoint(this.registry.id, rows));
    await Promise.race([Promise.all(left.map((attempt) => attempt.over)), patience]);
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
    const strays = owned.filter((run) => !this.has(run.id));
    const lost = strays.filter((run) => this.#strays.get(run.id) === run.epoch);
    this.#strays = new Map(strays.map((run) => [run.id, run.epoch]));
    if (lost.length === 0) return;
    this.#log.warn({ runs: lost.length }, 'runs that this process owns without knowing are given back');
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
