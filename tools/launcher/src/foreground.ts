import type { Console } from './console';
import { watchParents } from './parents';

/** The exit code of what a second Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;

/** npm passes on what the terminal has sent already: one Ctrl-C may come twice. */
const SAME_KEY_MS = 1_000;

export interface ForegroundOptions {
  terminal: Console;
  /** Ends in order everything that was started. */
  stop: () => Promise<void>;
  /** Kills all of it, for the second Ctrl-C. */
  killAll: () => void;
  /** The last line, once everything has stopped. */
  farewell: string;
  /** Started by npm, and meant to end with it. */
  underNpm: boolean;
}

/** A program at a terminal: Ctrl-C, a signal or the end of npm stops everything and then this process. */
export class Foreground {
  private interrupted: number | undefined;

  constructor(private readonly options: ForegroundOptions) {
    // A terminal that is gone must not end the process before it has stopped everything.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void this.end(signal));
    if (options.underNpm) watchParents(() => !this.ending && void this.end('npm is gone'));
  }

  get ending(): boolean {
    return this.interrupted !== undefined;
  }

  /** Stops everything and exits; the second call kills instead. */
  async end(why: string): Promise<void> {
    const { terminal, stop, killAll, farewell } = this.options;
    if (this.interrupted !== undefined) {
      if (performance.now() - this.interrupted < SAME_KEY_MS) return;
      killAll();
      process.exit(EXIT_INTERRUPTED);
    }
    this.interrupted = performance.now();
    terminal.line(`\n${why}: stopping (once more to kill)`);
    await stop();
    terminal.line(farewell);
    process.exit(0);
  }
}

/** Runs a program's `main`; an error is told with its causes and ends the process. */
export function runMain(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    process.stderr.write(`\n${withCauses(error)}\n`);
    // What was started is stopped by now; nothing is waited for.
    process.exit(1);
  });
}

/** What happened, and below it why. */
function withCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${withCauses(error.cause)}`;
}
