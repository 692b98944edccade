const SECOND_MS = 1_000;

/** Counts what comes, and tells when more has come in a second than may. */
export class Flood {
  private since = -Infinity;
  private count = 0;

  constructor(private readonly most: number) {}

  /** One more has come. @param now in milliseconds @returns whether that is too many */
  has(now: number): boolean {
    if (now - this.since >= SECOND_MS) {
      this.since = now;
      this.count = 0;
    }
    return ++this.count > this.most;
  }
}
