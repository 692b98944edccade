import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { GenerationService } from '../generation/generation.service';
import { RunClaims } from '../generation/run-claims';
import { RunQueue } from '../ownership/run-queue';
import type { ClaimedRun } from '../types/run';

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
 * run after the commit. Only if this process has no room, or is no worker, a job notifies another.
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
    accept: (claimant: string | null) => Promise<Accepted<Reply>>,
  ): Promise<Accepted<Reply>> {
    if (!this.claims.hasRoom(count)) {
      const accepted = await accept(null);
      this.queue.enqueue(accepted.runIds.map((runId) => ({ runId, epoch: 0 })));
      return accepted;
    }
    const { result, attempts } = await this.claims.atAccept(count, accept);
    this.detached(() => {
      for (const attempt of attempts) this.generation.write(attempt);
      for (let n = attempts.length; n < result.runIds.length; n += 1) this.generation.workSoon();
    });
    return result;
  }
}
