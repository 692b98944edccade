import { Inject, Injectable } from '@nestjs/common';
import { every, type Logger, Runtime } from '@perennial/runtime';
import type { ClaimedFile } from './claimed-file';
import { IngestionRepository } from './ingestion.repository';

/** How long a file may keep its turn although others wait. */
const TURN_MS = 5_000;
/** How often a long turn checks whether others wait. */
const LOOK_MS = 1_000;

/** Callbacks for the turn of a slow file. */
export interface Turn {
  /** It continues in the slow lane: the next file may begin. */
  onLane(): void;
  /** The slow lane is occupied: the file is released. */
  onRefused(): void;
}

/**
 * One place in each worker for a slow file, beside those of `INGESTION_CONCURRENCY`. When files of other users wait, such a file gives up its
 * turn and continues here; if the lane is occupied it is released, and continues here when the lane is free. So a slow document costs its own
 * user minutes, and others a moment.
 */
@Injectable()
export class SlowLane {
  private readonly log: Logger;
  private taken = false;

  constructor(
    private readonly repository: IngestionRepository,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.log = runtime.logger('slow-lane');
  }

  get isFree(): boolean {
    return !this.taken;
  }

  /**
   * Runs the work on a file in its turn, or here.
   *
   * @param work is given a function that enters the lane before others wait: what a server is paid for must not be ended half-way
   *
   * @throws the error of `work`
   */
  async run({ userId, slow }: ClaimedFile, turn: Turn, work: (enter: () => void) => Promise<void>): Promise<void> {
    let entered = false;
    const enter = (): void => {
      if (entered) return;
      if (this.taken) return turn.onRefused();
      entered = this.taken = true;
      turn.onLane();
    };
    if (slow) enter();
    const startedAt = performance.now();
    const look = every(
      LOOK_MS,
      async () => {
        if (entered || performance.now() - startedAt < TURN_MS) return;
        if (await this.repository.othersWait(userId)) enter();
      },
      { name: 'check for waiting files', log: this.log },
    );
    try {
      await work(enter);
    } finally {
      await look.stop();
      if (entered) this.taken = false;
    }
  }
}
