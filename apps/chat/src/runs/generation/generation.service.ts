import { Inject, Injectable } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { StreamThreadError } from '@perennial/model-provider';
import { type Logger, Runtime } from '@perennial/runtime';
import { isRedisUnavailable, isReplyError } from '@perennial/transport';
import { NoRoomError } from '@perennial/work';
import { OwnershipRepository } from '../ownership/ownership.repository';
import { ProcessRegistry } from '../ownership/process-registry';
import { RunQueue } from '../ownership/run-queue';
import { ActiveRuns } from './active-runs';
import type { Attempt } from './attempt';
import { RunClaims } from './run-claims';

/** Claims runs and writes their answers. */
@Injectable()
export class GenerationService {
  private readonly log: Logger;

  constructor(
    @Inject(Runtime) runtime: Runtime,
    private readonly ownership: OwnershipRepository,
    private readonly claims: RunClaims,
    private readonly activeRuns: ActiveRuns,
    private readonly registry: ProcessRegistry,
    private readonly queue: RunQueue,
  ) {
    this.log = runtime.logger('generation');
  }

  /**
   * Claims the next run and starts writing it; returns whether there was one.
   *
   * @throws NoRoomError if this process has no room
   */
  async work(): Promise<boolean> {
    if (this.claims.room === 0) throw new NoRoomError();
    const attempt = await this.claims.next();
    if (attempt) this.write(attempt);
    return attempt !== undefined;
  }

  /** As `work`; false also if there is no room or the claim failed. */
  async tryWork(): Promise<boolean> {
    try {
      return await this.work();
    } catch (error) {
      this.claimFailed(error);
      return false;
    }
  }

  /** Claims and writes runs, as room becomes free, until none waits. */
  async workOffQueue(): Promise<void> {
    try {
      for (let attempt; (attempt = await this.claims.next());) {
        this.write(attempt);
        // No worker needs the job any more: without this, jobs would pile up in Redis while all workers are full.
        this.queue.withdraw({ runId: attempt.id, epoch: attempt.epoch - 1 });
      }
    } catch (error) {
      this.claimFailed(error);
    }
  }

  /** Writes a claimed run to its end. */
  write(attempt: Attempt): void {
    this.writeAttempt(attempt).catch((error: unknown) =>
      this.log.warn({ err: error, run_id: attempt.id }, 'failed to start a run'),
    );
  }

  /** Claims suspected runs and writes them to their ends, all at once; returns whether there were any. */
  async workOnSuspects(): Promise<boolean> {
    const attempts = await this.claims.suspects();
    await Promise.allSettled(attempts.map((attempt) => this.writeAttempt(attempt)));
    return attempts.length > 0;
  }

  private claimFailed(error: unknown): void {
    if (!(error instanceof NoRoomError)) this.log.warn({ err: error }, 'failed to claim a run');
  }

  private async writeAttempt(attempt: Attempt): Promise<void> {
    try {
      await attempt.perform();
    } catch (error) {
      await this.giveBack(attempt, !passes(error));
      throw error;
    } finally {
      this.activeRuns.remove(attempt);
      this.claims.roomMade();
    }
  }

  /**
   * A run that was started and not ended: another worker, or this one, retries it. `broke`: the cause was not an unavailable store.
   */
  private async giveBack({ id: runId, epoch }: Attempt, broke: boolean): Promise<void> {
    const released = await this.ownership.release(this.registry.id, [{ runId, epoch }], broke).catch(() => []);
    // If the release failed too, the next tick finds the run among the unknown ones.
    if (released.length > 0) setTimeout(() => this.queue.enqueue(released), 500).unref();
  }
}

/**
 * An unavailable store, or a thread that another answer has ended; any other error may be caused by the run itself, and is retried a limited
 * number of times.
 */
function passes(error: unknown): boolean {
  if (error instanceof StreamThreadError) return !error.isSuspect;
  return error instanceof CallError || isRedisUnavailable(error) || isReplyError(error);
}
