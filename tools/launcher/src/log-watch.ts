import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const LOOK_EACH_MS = 1_000;
/** Longer steps are cut: a flood of errors should be read in the file. */
const MAX_STEP_BYTES = 256 * 1024;
const REPEAT_AFTER_MS = 30_000;

/** pino's number for errors; 60 is fatal. */
const ERROR_LEVEL = 50;

/** Follows the services' log files and reports each new kind of error once in a while. */
export class LogWatch {
  private readonly offsets = new Map<string, number>();
  private readonly told = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly directory: string,
    private readonly tell: (process: string, message: string) => void,
  ) {}

  start(): void {
    this.timer = setTimeout(() => {
      void this.look().then(() => this.timer && this.start());
    }, LOOK_EACH_MS);
    this.timer.unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Reads the new part of each file. */
  async look(): Promise<void> {
    const names = await readdir(this.directory).catch((): string[] => []);
    for (const name of names.filter((file) => file.endsWith('.log'))) {
      for (const line of await this.newLines(join(this.directory, name))) {
        const message = errorIn(line);
        if (message !== undefined) this.tellOnce(name.slice(0, -'.log'.length), message);
      }
    }
  }

  private tellOnce(process: string, message: string): void {
    const key = `${process} ${message}`;
    const now = performance.now();
    if (now - (this.told.get(key) ?? -Infinity) < REPEAT_AFTER_MS) return;
    this.told.set(key, now);
    this.tell(process, message);
  }

  private async newLines(path: string): Promise<string[]> {
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    const from = this.offsets.get(path) ?? 0;
    if (size <= from) {
      this.offsets.set(path, size);
      return [];
    }
    const buffer = Buffer.alloc(Math.min(size - from, MAX_STEP_BYTES));
    const file = await open(path);
    try {
      await file.read(buffer, 0, buffer.length, from);
    } finally {
      await file.close();
    }
    const whole = buffer.lastIndexOf(10) + 1;
    // A line longer than a whole step would never end, so it is skipped.
    this.offsets.set(path, from + (whole === 0 && buffer.length === MAX_STEP_BYTES ? buffer.length : whole));
    return buffer.toString('utf8', 0, whole).split('\n');
  }
}

/** The message of a log line that is an error; undefined for all other lines. */
export function errorIn(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as { level?: unknown; msg?: unknown; err?: { message?: unknown } };
    const level = entry.level;
    const bad = typeof level === 'number' ? level >= ERROR_LEVEL : level === 'error' || level === 'fatal';
    if (!bad) return undefined;
    const detail = typeof entry.err?.message === 'string' ? `: ${entry.err.message}` : '';
    return `${String(entry.msg ?? 'error')}${detail}`.slice(0, 300);
  } catch {
    return undefined;
  }
}
