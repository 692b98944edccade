import { wakeAfter } from '@perennial/runtime';

/** A statement that is answered earlier costs nothing here (ms). */
const LOOK_EVERY_MS = 250;
/** Postgres is asked when it has answered nothing for so long although something waits, and is silent when it does not answer that either (ms). */
const SILENT_MS = 500;

export interface SilenceWatchOptions {
  /** Resolves when Postgres has answered anything, also while all connections of the pool are busy. */
  probe(): Promise<unknown>;
  /** The link has gone silent, or somebody has answered again. */
  onChange(isSilent: boolean): void;
}

/**
 * Notices within about 1.5 s that Postgres does not answer this process: a link that lost its other end, or a paused server. One slow statement,
 * or all that wait for one lock, are no silence. It rests while nothing waits.
 */
export class SilenceWatch {
  /** When each began to wait, the oldest first. */
  private readonly waiting = new Set<{ since: number }>();
  private answeredAt = 0;
  private probedAt: number | undefined;
  private isSilent = false;
  private callOff: (() => void) | undefined;

  constructor(private readonly options: SilenceWatchOptions) {}

  /**
   * Something waits for Postgres: a connection, or a statement.
   *
   * @returns ends the wait; true: Postgres answered, be it with an error
   */
  begin(): (isAnswered: boolean) => void {
    const wait = { since: performance.now() };
    this.waiting.add(wait);
    this.callOff ??= wakeAfter(LOOK_EVERY_MS, () => this.look());
    return (isAnswered) => {
      this.waiting.delete(wait);
      if (isAnswered) this.answered();
    };
  }

  private answered(): void {
    this.answeredAt = performance.now();
    this.change(false);
  }

  private look(): void {
    const [oldest] = this.waiting;
    this.callOff = oldest === undefined && !this.isSilent ? undefined : wakeAfter(LOOK_EVERY_MS, () => this.look());
    const now = performance.now();
    const quietSince = Math.max(this.answeredAt, oldest?.since ?? 0);
    if (this.probedAt === undefined) {
      if (this.isSilent || (oldest !== undefined && now - quietSince > SILENT_MS)) this.ask(now);
      return;
    }
    // After a blocked loop the answer may be here already: it is read before an immediate runs.
    if (this.isOverdue(now)) setImmediate(() => this.isOverdue(now) && this.change(true));
  }

  private isOverdue(now: number): boolean {
    return this.probedAt !== undefined && now - Math.max(this.answeredAt, this.probedAt) > SILENT_MS;
  }

  private ask(now: number): void {
    this.probedAt = now;
    this.options
      .probe()
      .then(
        () => this.answered(),
        () => undefined,
      )
      .finally(() => (this.probedAt = undefined));
  }

  private change(isSilent: boolean): void {
    if (this.isSilent === isSilent) return;
    this.isSilent = isSilent;
    this.options.onChange(isSilent);
  }
}
