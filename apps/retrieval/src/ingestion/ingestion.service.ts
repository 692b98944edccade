import { Inject, Injectable } from '@nestjs/common';
import { type Logger, Runtime } from '@perennial/runtime';
import { IngestionQueue } from '../files/ingestion-queue';
import { ActiveIngestions } from './active-ingestions';
import { OutOfTurnError } from './claimed-file';
import { IngestionRepository } from './ingestion.repository';
import { IngestionAttempt } from './ingestion-attempt';
import { IngestionPause } from './ingestion-pause';
import { SlowLane } from './slow-lane';

/** Gives files their turn at this worker: pause, claim, lane. */
@Injectable()
export class IngestionService {
  private readonly log: Logger;

  constructor(
    private readonly repository: IngestionRepository,
    private readonly queue: IngestionQueue,
    private readonly active: ActiveIngestions,
    private readonly attempts: IngestionAttempt,
    private readonly lane: SlowLane,
    private readonly pause: IngestionPause,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.log = runtime.logger('ingestion');
  }

  /**
   * Resolves when the file's turn is over: it is completed, failed or released, could not be claimed, or continues in the slow lane.
   */
  async work(fileId: string): Promise<void> {
    await this.pause.over(() => this.active.leaving);
    await new Promise<void>((resolve, reject) => {
      this.ingestOnce(fileId, resolve).then(resolve, (error: Error) => {
        // Its turn may be over already, and then the rejection has no handler.
        this.log.warn({ err: error, file_id: fileId }, 'failed to release a file');
        reject(error);
      });
    });
  }

  /**
   * Ingests a file with which workers have died. For a process without other files: a further death then has one possible cause.
   *
   * @returns whether there was one
   */
  async workOnSuspect(): Promise<boolean> {
    await this.pause.over(() => this.active.leaving);
    const fileId = await this.repository.nextSuspect();
    if (fileId === undefined) return false;
    await this.active.hold(fileId, { suspect: true, slow: true }, (file, signal) => this.attempts.run(file, signal));
    return true;
  }

  private async ingestOnce(fileId: string, onLane: () => void): Promise<void> {
    let wasSlow = false;
    await this.active.hold(fileId, { suspect: false, slow: this.lane.isFree }, async (file, signal, giveUp) => {
      const turn = {
        onLane: () => {
          wasSlow = true;
          onLane();
        },
        onRefused: () => giveUp(new OutOfTurnError()),
      };
      await this.lane.run(file, turn, (enter) => this.attempts.run(file, signal, enter));
    });
    if (wasSlow) await this.nextSlow();
  }

  private async nextSlow(): Promise<void> {
    if (this.active.leaving) return;
    const next = await this.repository.nextSlow();
    if (next) this.queue.enqueueAgain([next]);
  }
}
