import { Inject, Injectable } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { StreamThreadError } from '@perennial/model-provider';
import { type Logger, Runtime } from '@perennial/runtime';
import { isRedisUnavailable, isReplyError } from '@perennial/transport';
import { ProcessRegistry } from '../ownership/process-registry';
import { RunQueue } from '../ownership/run-queue';
import { AttemptStore } from './attempt-tools';
import type { Attempt } from './attempt';
import { ActiveRuns } from './active-runs';
import { RunClaims } from './run-claims';

/** Claims runs and writes their answers. */
@Injectable()
export class GenerationService {
  readonly #log: Logger;

  constructor(
    @Inject(Runtime) runtime: Runtime,
    private readonly store: AttemptStore,
    private readonly claims: RunClaims,
    private readonly activeRuns: ActiveRuns,
    private readonly registry: ProcessRegistry,
    private readonly queue: RunQueue,
  ) {
    this.#log = runtime.logger('generation');
  }

  /** From now on accepts may claim what they make. */
  open(): void {
    this.claims.open();
  }

  /** From now on no run is claimed. */
  refuse(): void {
    this.claims.close();
  }

  /** Claims the run whose turn it is, as soon as there is room for it, and begins to write it; answers whether there was one. */
  async work(): Promise<boolean> {
    const attempt = await this.claims.next();
    if (attempt) this.write(attempt);
    return attempt !== undefined;
  }

  /** The same, for who does not wait for it; `all` goes on, as room is made, until no run waits any more. */
  workSoon({ all = false } = {}): void {
    const work = async (): Promise<void> => {
      while ((await this.work()) && all);
    };
    work().catch((error: unknown) => this.#log.warn({ err: error }, 'no run was claimed'));
  }

  /** Writes a claimed run to its end. */
  write(attempt: Attempt): void {
    this.#write(attempt).catch((error: unknown) =>
      this.#log.warn({ err: error, run_id: attempt.runId }, 'a run was not begun'),
    );
  }

  /** Claims suspects and writes them to their ends, all at once; answers whether there were any. */
  async workOnSuspects(): Promise<boolean> {
    const attempts = await this.claims.suspects();
    await Promise.allSettled(attempts.map((attempt) => this.#write(attempt)));
    return attempts.length > 0;
  }

  async #write(attempt: Attempt): Promise<void> {
    try {
      await attempt.perform();
    } catch (error) {
      await this.#giveBack(attempt, !passes(error));
      throw error;
    } finally {
      this.activeRuns.remove(attempt);
      this.claims.roomMade();
    }
  }

  /** Begun and not brought to an end: another worker, or this one, tries again. `broke`: not because a store was away. */
  async #giveBack({ runId, epoch }: Attempt, broke: boolean): Promise<void> {
    const { ownership } = this.store;
    const released = await ownership.release(this.registry.id, [{ runId, epoch }], broke).catch(() => []);
    // Where the release failed as well, the next tick finds the run among those that memory does not know.
    if (released.length > 0) setTimeout(() => this.queue.enqueue(released), 500).unref();
  }
}

/** A store that is away or says "not now", or a thread that another answer has ended; anything else may be the run itself, and is tried only so often. */
function passes(error: unknown): boolean {
  if (error instanceof StreamThreadError) return !error.isSuspect;
  return error instanceof CallError || isRedisUnavailable(error) || isReplyError(error);
}
