import { CallError } from '@perennial/contracts-kernel';
import { waitAtMost } from '@perennial/runtime';

/** As old as what is known of ended sessions may be: an ended one is refused within a second. */
const CURRENT_MS = 1_000;
/** Until a read that is not answered is made again: a replica that has just died may have taken the first one. */
const AGAIN_MS = 250;
/** Reads at once, at most: each replica that has died may have taken one. */
const READS = 4;

export interface FeedSource {
  /** Reads the feed to its end; rejects with a CallError only. */
  read(): Promise<void>;
  /** Whether no replica of auth is up; rejects, or false, while that cannot be known. */
  isAuthAway(): Promise<boolean>;
}

/**
 * Whether what this process knows of ended sessions is up to date. A process that was paused or cut off knows nothing of what was ended
 * meanwhile, so remembered sessions count only while the feed of ended ones has been read within the last second; otherwise it is read first,
 * once for all requests that wait.
 */
export class FeedCurrency {
  private source: FeedSource | undefined;
  /** Monotonic: when the last complete read began. */
  private readAt = -Infinity;
  /** No replica of auth is up: nobody can end a session either. One that is up and does not answer may have ended some. */
  private isAuthAway = false;
  private renewing: Promise<void> | undefined;

  constructor(private readonly now: () => number = () => performance.now()) {}

  follow(source: FeedSource): void {
    this.source = source;
  }

  get isCurrent(): boolean {
    return this.source === undefined || this.isAuthAway || this.now() - this.readAt <= CURRENT_MS;
  }

  /** Around each read of the feed, whoever makes it. */
  async observe(read: () => Promise<void>): Promise<void> {
    const startedAt = this.now();
    try {
      await read();
      this.readAt = Math.max(this.readAt, startedAt);
      this.isAuthAway = false;
    } catch (error) {
      // A read that began before a later one has succeeded tells nothing new.
      if (startedAt > this.readAt)
        this.isAuthAway =
          error instanceof CallError &&
          error.code === 'DEADLINE_EXCEEDED' &&
          ((await this.source?.isAuthAway().catch(() => false)) ?? false);
      throw error;
    }
  }

  /**
   * Resolves once it is current.
   *
   * @throws CallError UNAVAILABLE while that cannot be known
   */
  renew(): Promise<void> {
    this.renewing ??= this.readSoon().finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  private async readSoon(): Promise<void> {
    const reads: Promise<void>[] = [];
    try {
      while (this.source !== undefined && reads.length < READS) {
        reads.push(this.source.read());
        // Whoever answers first; it fails when all have failed.
        if (await waitAtMost(Promise.any(reads), AGAIN_MS)) return;
      }
      await Promise.any(reads);
    } catch {
      if (!this.isCurrent)
        throw new CallError('UNAVAILABLE', 'Your session cannot be checked at the moment. Try again in a second.', {
          retryAfter: 1,
        });
    }
  }
}
