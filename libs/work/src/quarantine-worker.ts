import { every, type Logger, type Runtime } from '@perennial/runtime';

const LOOK_MS = 250;
const SIGN_OF_LIFE_MS = 1_000;
/** After this time without work the process is not needed. */
const IDLE_MS = 10_000;

/**
 * The work of a quarantine process: it claims the runs or files of one check, and no more until these have ended. The process exits at once if the
 * first look finds nothing, and otherwise a while after the last work.
 */
export class QuarantineWorker {
  private readonly log: Logger;

  /** @param work claims suspected work and does it; returns whether there was any */
  constructor(
    runtime: Runtime,
    private readonly work: () => Promise<boolean>,
  ) {
    this.log = runtime.logger('quarantine');
  }

  start(): void {
    const end = (): boolean => process.kill(process.pid, 'SIGTERM');
    every(SIGN_OF_LIFE_MS, () => void process.send?.('alive', () => undefined), {
      name: 'sign of life',
      log: this.log,
      immediately: true,
    });
    // If the first look finds nothing, a process of another worker was faster.
    let neededAt = -Infinity;
    // A look lasts as long as its work: the drain must not wait for its end.
    every(
      LOOK_MS,
      async () => {
        if (await this.work()) neededAt = performance.now();
        else if (performance.now() - neededAt > IDLE_MS) end();
      },
      { name: 'claim suspects', log: this.log, immediately: true },
    );
  }
}
