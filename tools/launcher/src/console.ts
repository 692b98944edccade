import type { LaunchEvent } from './launch';

/** Output for the user at the terminal. */
export class Console {
  private bar = false;
  private told = { what: '', tenths: 0 };

  constructor(private readonly out: NodeJS.WriteStream = process.stdout) {}

  line(text = ''): void {
    this.clear();
    this.out.write(`${text}\n`);
  }

  event(event: LaunchEvent): void {
    switch (event.kind) {
      case 'done':
        return this.done(event.what, event.ms, event.detail);
      case 'progress':
        return this.progress(event.what, event.done, event.total);
      case 'waiting':
        return this.line(`  … waiting for ${event.pids.length} processes of the last run to end`);
      case 'note':
        return this.line(`  ! ${event.text}`);
      case 'died': {
        const how = event.exit.signal ?? `exit ${event.exit.code}`;
        const next = event.restartInMs === undefined ? '' : `, started again in ${event.restartInMs} ms`;
        return this.line(`  ! ${event.name} ended (${how})${next}`);
      }
    }
  }

  /** @param ms how long it took; left out if it was not waited for */
  done(what: string, ms: number | undefined, detail = ''): void {
    const took = ms === undefined ? ''.padStart(7) : `${(ms / 1000).toFixed(1).padStart(5)} s`;
    this.line(`  ✓ ${what.padEnd(10)} ${took}   ${detail}`.trimEnd());
  }

  /** A progress bar that redraws on a terminal, or a line for each tenth elsewhere. */
  progress(what: string, done: number, total: number | undefined): void {
    const share = total ? Math.min(done / total, 1) : 0;
    const tenths = Math.floor(share * 10);
    const size = total ? `${megabytes(done)} of ${megabytes(total)} MB` : `${megabytes(done)} MB`;
    if (this.out.isTTY) {
      const bar = '█'.repeat(Math.round(share * 24)).padEnd(24, '░');
      this.out.write(`\r\x1b[K  ${bar} ${what}  ${size}`);
      this.bar = true;
    } else if (this.told.what !== what || this.told.tenths < tenths) {
      this.told = { what, tenths };
      this.out.write(`  … ${what}  ${size}\n`);
    }
  }

  private clear(): void {
    if (this.bar) this.out.write('\r\x1b[K');
    this.bar = false;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
