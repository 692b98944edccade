import { Inject, Injectable } from '@nestjs/common';
import { every, Runtime, type Logger } from '@perennial/runtime';
import { IngestionRepository } from './ingestion.repository';
import type { ClaimedFile } from './claimed-file';

/** A file may have its turn for so long although others wait. */
const TURN_MS = 5_000;
/** How often a long turn looks whether others wait. */
const LOOK_MS = 1_000;

/** What becomes of the turn of a file that takes long. */
export interface Turn {
  /** It goes on beside the turns: the next file may begin. */
  onLane(): void;
  /** There is no place beside them: it is given back. */
  onRefused(): void;
}

/**
 * One place in each worker for a file that takes long, beside those of `INGESTION_CONCURRENCY`. When files of other users wait, such a file
 * gives its turn to them and goes on here; where another one is here already it is given back, and comes here when the place is free. So a
 * document can cost its own user minutes, and others a moment.
 */
@Injectable()
export class SlowLane {
  readonly #log: Logger;
  #taken = false;

  constructor(
    private readonly repository: IngestionRepository,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.#log = runtime.logger('slow-lane');
  }

  get isFree(): boolean {
    return !this.#taken;
  }

  /** Runs the work on a file in its turn, or here. @throws what `work` throws */
  async run({ userId, slow }: ClaimedFile, turn: Turn, work: () => Promise<void>): Promise<void> {
    let entered = false;
    const enter = (): void => {
      if (this.#taken) return turn.onRefused();
      entered = this.#taken = true;
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
      { name: 'look whether others wait', log: this.#log },
    );
    try {
      await work();
    } finally {
      await look.stop();
      if (entered) this.#taken = false;
    }
  }
}
