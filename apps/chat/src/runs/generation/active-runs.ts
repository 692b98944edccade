import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { ActiveWork } from '@perennial/work';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { BrownOut, RESERVE } from '../brown-out';
import { type OwnedRun, OwnershipRepository } from '../ownership/ownership.repository';
import { ProcessRegistry } from '../ownership/process-registry';
import { type RunJob, RunQueue } from '../ownership/run-queue';
import type { Attempt } from './attempt';

/** The runs that this process writes, and its free places. Its regular check checkpoints all of them. */
@Injectable()
export class ActiveRuns {
  private readonly work: ActiveWork<Attempt, OwnedRun, RunJob>;
  /** Runs that the claims under way may bring. */
  private expected = 0;
  private published: string[] = [];
  /** Places for users who have nothing else. Only an accept knows such users without a statement. */
  private readonly reserved: number;

  constructor(
    private readonly repository: OwnershipRepository,
    registry: ProcessRegistry,
    queue: RunQueue,
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    @Inject(Runtime) runtime: Runtime,
    brownOut: BrownOut,
  ) {
    this.reserved = env.CHAT_ROLE === 'all' ? Math.floor(env.WORKER_CONCURRENCY * RESERVE) : 0;
    brownOut.load = () => this.work.size / env.WORKER_CONCURRENCY;
    this.work = new ActiveWork({
      name: 'runs',
      runtime,
      registry,
      queue,
      store: {
        owned: (processId, attempts) => this.checkpoint(processId, attempts),
        keep: (processId, attempts) => this.keep(processId, attempts),
        release: (processId, fences) =>
          repository.release(
            processId,
            fences.map(({ id, epoch }) => ({ runId: id, epoch })),
          ),
      },
      onOwned: (attempt, { cancelled }) => {
        if (cancelled) attempt.stop('cancelled');
      },
    });
    runtime.status.provide({ runs: () => this.work.size });
    runtime.metrics.gauge('runs_held', 'Answers that this process is writing', [], (gauge) =>
      gauge.set(this.work.size),
    );
  }

  start(): void {
    this.work.start();
  }

  /** How many more runs this process may write. */
  get room(): number {
    return this.free - this.reserved;
  }

  /** With the places for users who have nothing else. */
  get free(): number {
    return this.env.WORKER_CONCURRENCY - this.work.size - this.expected;
  }

  /** Called when the room changes. */
  onRoom: (room: number) => void = () => undefined;

  /** Reserves room for the runs of a claim under way. */
  async whileClaiming<T>(count: number, claim: () => Promise<T>): Promise<T> {
    this.expected += count;
    this.onRoom(this.room);
    try {
      return await this.work.whileClaiming(claim);
    } finally {
      this.expected -= count;
      this.onRoom(this.room);
    }
  }

  add(attempt: Attempt): void {
    attempt.onPublished = (runId) => this.published.push(runId);
    this.work.add(attempt);
  }

  remove(attempt: Attempt): void {
    this.work.remove(attempt);
    this.onRoom(this.room);
  }

  /**
   * These runs may be cancelled. The next checkpoint is made at once, because its reply says which really are. A claim of one of them may
   * have committed while its reply is in transit.
   */
  async cancel(runIds: readonly string[]): Promise<void> {
    const areHeld = (): boolean => runIds.some((runId) => this.work.get(runId));
    if (!areHeld()) await this.work.claimed();
    if (areHeld()) this.work.trigger();
  }

  /** From now on newly claimed runs are handed over before they are started. */
  leave(): void {
    this.work.leave();
  }

  /**
   * As `ActiveWork.handOver`: answers may end by themselves until `endBy`, and finishes in progress until `deadlineAt`.
   */
  async handOver(endBy: number, deadlineAt: number, signal: AbortSignal): Promise<void> {
    await this.work.handOver(endBy, deadlineAt, signal);
    await this.markPublished();
  }

  private async checkpoint(processId: string, attempts: readonly Attempt[]): Promise<OwnedRun[]> {
    for (const attempt of attempts) attempt.watchReader();
    // An attempt at its finish writes its text there; a concurrent checkpoint could commit after it and stay.
    const writing = attempts.filter(({ finishing }) => !finishing);
    const rows = writing.flatMap((attempt) => attempt.uncheckpointed());
    const checkpoint = this.repository.checkpoint(processId, rows);
    for (const attempt of writing) attempt.checkpointing(checkpoint);
    const owned = await checkpoint;
    const stored = new Set(rows);
    if (rows.length > 0) for (const attempt of writing) attempt.checkpointed(stored);
    // Not awaited: what the caller learns from the rows cannot wait. The sweepers publish once more what could not be marked; the next look tries again.
    void this.markPublished().catch(() => undefined);
    return owned;
  }

  private async keep(processId: string, attempts: readonly Attempt[]): Promise<void> {
    const rows = attempts.flatMap((attempt) => attempt.uncheckpointed());
    if (rows.length > 0) await this.repository.checkpoint(processId, rows);
  }

  private async markPublished(): Promise<void> {
    if (this.published.length === 0) return;
    const published = this.published;
    this.published = [];
    try {
      await this.repository.markPublished(published);
    } catch (error) {
      this.published.push(...published);
      throw error;
    }
  }
}
