import type { Console } from '../console';
import type { ServiceName } from '../paths';

export interface RestartsOptions {
  service: ServiceName;
  /** Stops the service, starts it and waits until it is ready. */
  restart: () => Promise<void>;
  terminal: Console;
  /** Nothing is started any more. */
  ending: () => boolean;
}

/** Starts a service anew after each change: never twice at once, and once more for what changed meanwhile. */
export class Restarts {
  private pending: { file: string; at: number } | undefined;
  private running = false;

  constructor(private readonly options: RestartsOptions) {}

  /** @param at when the file was saved (`performance.now()`) */
  changed(file: string, at: number): void {
    this.pending = { file, at };
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    const { service, restart, terminal, ending } = this.options;
    this.running = true;
    while (this.pending !== undefined && !ending()) {
      const { file, at } = this.pending;
      this.pending = undefined;
      try {
        await restart();
        const took = ((performance.now() - at) / 1000).toFixed(1);
        terminal.line(`  ↻ ${service.padEnd(10)} ready ${took} s after ${file} was saved`);
      } catch (error) {
        if (!ending()) terminal.line(`  ! ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    this.running = false;
  }
}
