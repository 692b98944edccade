const BAR_CELLS = 20;
/** At a terminal the line is drawn again; elsewhere each line stays, so there are fewer. */
const DRAW_EVERY_MS = { terminal: 100, log: 5_000 };
const PREFIXES = ['', 'k', 'M', 'G', 'T'];

export interface ProgressOptions {
  label: string;
  unit: string;
  /** How much there is to do, where that is known. */
  total?: number;
}

/**
 * Shows on standard error how far a long command is, at which rate, and how long it will take: a bar at a terminal, elsewhere a line each
 * five seconds. Nothing is shown of what ends before that.
 */
export class Progress {
  private done = 0;
  private readonly beganAt: number;
  private drawnAt: number;
  private isDrawn = false;

  constructor(
    private readonly options: ProgressOptions,
    private readonly to: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> = process.stderr,
    private readonly now: () => number = Date.now,
  ) {
    this.beganAt = this.drawnAt = now();
  }

  add(amount: number): void {
    this.done += amount;
    const now = this.now();
    if (now - this.drawnAt < DRAW_EVERY_MS[this.to.isTTY ? 'terminal' : 'log']) return;
    this.drawnAt = now;
    const line = describeProgress({ ...this.options, done: this.done, seconds: (now - this.beganAt) / 1_000 });
    this.to.write(this.to.isTTY ? `\r\x1b[2K${line}` : `${line}\n`);
    this.isDrawn = true;
  }

  /** Removes the bar from a terminal. */
  end(): void {
    if (this.isDrawn && this.to.isTTY) this.to.write('\r\x1b[2K');
  }
}

/** For example `restore [##########          ] 50 %  12 MB/s  1 min left`. */
export function describeProgress(state: ProgressOptions & { done: number; seconds: number }): string {
  const { label, unit, total, done, seconds } = state;
  const rate = seconds > 0 ? done / seconds : 0;
  const speed = `${amountOf(rate, unit)}/s`;
  if (total === undefined || total <= 0) return `${label} ${amountOf(done, unit)}  ${speed}`;
  const share = Math.min(1, done / total);
  const bar = '#'.repeat(Math.round(share * BAR_CELLS)).padEnd(BAR_CELLS);
  const left = rate > 0 ? `  ${durationOf(Math.max(0, total - done) / rate)} left` : '';
  return `${label} [${bar}] ${Math.floor(share * 100)} %  ${speed}${left}`;
}

function amountOf(amount: number, unit: string): string {
  const power = amount < 1_000 ? 0 : Math.min(PREFIXES.length - 1, Math.floor(Math.log10(amount) / 3));
  return `${Number((amount / 1_000 ** power).toPrecision(3))} ${PREFIXES[power]}${unit}`;
}

function durationOf(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}
