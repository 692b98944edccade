import { every, type Logger, type Runtime } from '@perennial/runtime';

const LOOK_MS = 250;
const SIGN_OF_LIFE_MS = 1_000;
/** Without a further suspect for this long the process is not needed. */
const IDLE_MS = 10_000;

/**
 * Works on suspects in a process of their own: those that one look brings, and no others until they have ended. The process ends at once
 * when it finds none, and a while after the last.
 */
export class QuarantineWorker {
  readonly #log: Logger;

  /** @param work claims suspects and works on them to their ends; answers whether there were any */
  constructor(
    runtime: Runtime,
    private readonly work: () => Promise<boolean>,
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
    // Where nothing waits for the first look, a process of another worker was faster.
    let neededAt = -Infinity;
    // A look lasts as long as the work that it found: the intake must not wait for its end.
    every(
      LOOK_MS,
      async () => {
        if (await this.work()) neededAt = performance.now();
        else if (performance.now() - neededAt > IDLE_MS) end();
      },
      { name: 'claim suspects', log: this.#log, immediately: true },
    );
  }
}
