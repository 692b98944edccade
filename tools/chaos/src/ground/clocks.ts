import { mkdtempSync, writeFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardDirectory, ServerUnavailable } from '@perennial/testing/servers';

/** Debian's package `faketime`. */
const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

/** Wall clocks of processes, by libfaketime: each follows its own file. Monotonic clocks, and so timers, stay right. */
export class Clocks {
  private readonly directory = mkdtempSync(join(tmpdir(), 'perennial-clocks-'));

  private constructor() {
    guardDirectory(this.directory);
  }

  static async create(): Promise<Clocks> {
    const there = await access(LIBRARY).then(
      () => true,
      () => false,
    );
    if (!there) throw new ServerUnavailable(`${LIBRARY} is missing (Debian package: faketime)`);
    return new Clocks();
  }

  environment(instance: string): Record<string, string> {
    this.set(instance, 0);
    return {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: this.file(instance),
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
      // Seconds until a change is seen: the file is not read at each look at the clock.
      FAKETIME_CACHE_DURATION: '1',
    };
  }

  /** The clock of a process is `seconds` ahead (or behind, if negative) from the next second on. */
  set(instance: string, seconds: number): void {
    writeFileSync(this.file(instance), `${seconds < 0 ? '' : '+'}${seconds}s\n`);
  }

  private file(instance: string): string {
    return join(this.directory, instance);
  }
}
