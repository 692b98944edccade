import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { sweep } from '@perennial/work';
import { IngestionQueue } from '../files/ingestion-queue';
import { IngestionRepository } from './ingestion.repository';

/** A file that has waited for this long may have lost its job. */
const WAITING_AFTER_S = 2;
/** Long queues are normal here: a waiting job is not repeated more often than this. */
const AGAIN_AFTER_S = 30;
/** Jobs added in one sweep: more than a second's claims, few for Redis. */
const BATCH = 500;

/** Enqueues files by state after crashes and an emptied Redis. */
@Injectable()
export class IngestionSweeper {
  constructor(
    private readonly repository: IngestionRepository,
    private readonly queue: IngestionQueue,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {}

  start(): void {
    sweep(this.runtime, this.queue, 'sweep files', (forgotten) => this.sweep(forgotten));
  }

  private async sweep(forgotten: boolean): Promise<void> {
    if (forgotten) await this.repository.forgetSweeps();
    this.queue.enqueue(await this.repository.requeueOrphans());
    const waiting = await this.repository.waiting(forgotten ? 0 : WAITING_AFTER_S, AGAIN_AFTER_S, BATCH);
    if (forgotten) this.queue.enqueue(waiting);
    else this.queue.enqueueAgain(waiting);
  }
}
