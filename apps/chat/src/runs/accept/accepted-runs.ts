import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { GenerationService } from '../generation/generation.service';
import { RunClaims } from '../generation/run-claims';
import { RunQueue } from '../ownership/run-queue';
import type { ClaimedRun } from '../types/run';
import type { Claimant } from './limits';

/** Result of an accept, and its reply. */
export interface Accepted<Reply> {
  reply: Reply;
  /** New runs. */
  runIds: readonly string[];
  /** The runs that were claimed in the same transaction. Settles before the commit. */
  claimed: Promise<readonly ClaimedRun[]>;
}

/** The result of an accept that was made before. */
export function madeBefore<Reply>(reply: Reply): Accepted<Reply> {
  return { reply, runIds: [], claimed: Promise.resolve([]) };
}

/**
 * Starts accepted runs. A process with room claims them in the transaction that creates them, unless other runs wait: then it claims the next
 * run after the commit. If this process has no room, is no worker, or gets no run, a job notifies the others. Its last places are claimed by users
 * who have nothing else.
 */
@Injectable()
export class AcceptedRuns {
  /** An answer must not belong to the call that requested it, neither to its span nor to its deadline. */
  private readonly detached = AsyncLocalStorage.snapshot();

  constructor(
    private readonly claims: RunClaims,
    private readonly generation: GenerationService,
    private readonly queue: RunQueue,
  ) {}

  /**
   * @param count runs that the accept may create
   *
   * @param accept creates them, in one transaction; it may claim them for `claimant`, if given, unless other runs wait
   */
  async begin<Reply>(
    count: number,
    accept: (claimant: Claimant | null) => Promise<Accepted<Reply>>,
  ): Promise<Accepted<Reply>> {
    const isReserve = this.claims.room < count;
    if (isReserve && this.claims.reserve < count) {
      const accepted = await accept(null);
      this.notify(accepted.runIds);
      return accepted;
    }
    const { result, attempts } = await this.claims.atAccept(count, (processId) => accept({ processId, isReserve }));
    this.detached(() => {
      for (const attempt of attempts) this.generation.write(attempt);
      const claimed = new Set(attempts.map(({ id }) => id));
      for (const runId of result.runIds) if (!claimed.has(runId)) void this.workOn(runId);
    });
    return result;
  }

  /** Claims a run, not necessarily this one. If there is no room by now, or no run could be claimed, this one's job notifies the workers. */
  private async workOn(runId: string): Promise<void> {
    if (!(await this.generation.tryWork())) this.notify([runId]);
  }

  private notify(runIds: readonly string[]): void {
    this.queue.enqueue(runIds.map((runId) => ({ runId, epoch: 0 })));
  }
}
