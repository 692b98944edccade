import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { IngestionQueue } from './ingestion-queue';
import { IngestionRepository } from './ingestion.repository';

const SWEEP_MS = 1_000;
/** A file that has waited for this long may have lost its job. */
const WAITING_AFTER_S = 2;
/** Long queues are normal here: a waiting job is not repeated more often than this. */
const AGAIN_AFTER_S = 30;
/** Jobs added in one sweep: more than a second's claims, few for Redis. */
const BATCH = 500;

/** Enqueues files by state after crashes and an emptied Redis. Every process sweeps; the statements do not conflict. */
@Injectable()
export class IngestionSweeper {
  constructor(
    private readonly repository: IngestionRepository,
    private readonly queue: IngestionQueue,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {}

  start(): void {
    let forgotten = false;
    const sweep = this.runtime.every(
      SWEEP_MS,
      async () => {
        if (forgotten) await this.repository.forgetSweeps();
        await this.#sweep(forgotten ? 0 : WAITING_AFTER_S);
        forgotten = false;
      },
      { name: 'sweep files', jitter: 0.3 },
    );
    // A Redis that was away may have lost every job.
    this.queue.onBack(() => {
      forgotten = true;
      sweep.trigger();
    });
  }

  async #sweep(waitedS: number): Promise<void> {
    this.queue.enqueue(await this.repository.requeueOrphans());
    const waiting = await this.repository.waiting(waitedS, AGAIN_AFTER_S, BATCH);
    if (waitedS > 0) this.queue.enqueueAgain(waiting);
    else this.queue.enqueue(waiting);
  }
}
