import { Inject, Injectable } from '@nestjs/common';
import { every, Runtime, type Logger } from '@perennial/runtime';
import { GenerationService } from '../generation/generation.service';
import { HeldRuns } from '../generation/held-runs';

const LOOK_MS = 250;
const SIGN_OF_LIFE_MS = 1_000;
/** Without a suspect for this long the process is not needed. */
const IDLE_MS = 10_000;

/**
 * Writes suspects in a process of their own: those that one claim brings, and no others until they have ended. The process ends when
 * there is nothing to do, and with the worker that started it (`endWithWorker`).
 */
@Injectable()
export class QuarantineWorker {
  readonly #log: Logger;

  constructor(
    @Inject(Runtime) runtime: Runtime,
    private readonly generation: GenerationService,
    private readonly held: HeldRuns,
  ) {
    this.#log = runtime.logger('quarantine');
  }

  start(): void {
    const end = (): boolean => process.kill(process.pid, 'SIGTERM');
    every(SIGN_OF_LIFE_MS, () => void process.send?.('alive', () => undefined), {
      name: 'sign of life',
      log: this.#log,
      immediately: true,
    });
    let neededAt = performance.now();
    // A look lasts as long as what it found is written: the intake must not wait for its end.
    every(
      LOOK_MS,
      async () => {
        if (await this.generation.workOnSuspects()) neededAt = performance.now();
        else if (performance.now() - neededAt > IDLE_MS) end();
      },
      { name: 'claim suspects', log: this.#log, immediately: true },
    );
  }

  stopClaiming(): void {
    this.generation.refuse();
    this.held.leave();
  }
}
