import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { GenerationService } from '../generation/generation.service';
import { RunClaims } from '../generation/run-claims';
import type { ClaimedRun } from '../types/run';
import { RunQueue } from '../ownership/run-queue';

/** What an accept has made, and replies. */
export interface Accepted<Reply> {
  reply: Reply;
  /** Runs that are new. */
  runIds: readonly string[];
  /** Those of them that were claimed in the same transaction. Settles before that has committed. */
  claimed: Promise<readonly ClaimedRun[]>;
}

/** The answer to an accept that had been made before. */
export function madeBefore<Reply>(reply: Reply): Accepted<Reply> {
  return { reply, runIds: [], claimed: Promise.resolve([]) };
}

/**
 * Sees to it that accepted runs begin. A process with room claims them in the transaction that makes them, unless other runs wait: then
 * it claims after the commit whatever is next. Only where this process has no room, or does not write, a job tells another.
 */
@Injectable()
export class AcceptedRuns {
  /** An answer is written outside of the call that asked for it: not under its span, nor until its deadline. */
  readonly #detached = AsyncLocalStorage.snapshot();

  constructor(
    private readonly claims: RunClaims,
    private readonly generation: GenerationService,
    private readonly queue: RunQueue,
  ) {}

  /**
   * @param count runs that the accept may make
   * @param accept makes them, in one transaction; it may claim them for `claimant`, if there is one, where no other run waits
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
    this.#detached(() => {
      for (const attempt of attempts) this.generation.write(attempt);
      for (let n = attempts.length; n < result.runIds.length; n += 1) this.generation.workSoon();
    });
    return result;
  }
}
