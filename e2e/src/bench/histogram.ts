const LIMIT_MS = 120_000;

/** Millisecond values, counted; cheap enough for every token. */
export class Histogram {
  private readonly counts = new Uint32Array(LIMIT_MS + 1);
  count = 0;

  add(ms: number): void {
    const value = Math.max(0, Math.min(LIMIT_MS, Math.round(ms)));
    this.counts[value] = (this.counts[value] ?? 0) + 1;
    this.count += 1;
  }

  /** Adds the counts of another histogram. */
  addAll(other: Histogram): void {
    other.counts.forEach((count, value) => (this.counts[value] = (this.counts[value] ?? 0) + count));
    this.count += other.count;
  }

  /** The smallest value that at least `share` of all do not exceed; NaN when empty. */
  quantile(share: number): number {
    let seen = 0;
    for (let value = 0; value <= LIMIT_MS && this.count > 0; value += 1) {
      seen += this.counts[value] ?? 0;
      if (seen >= share * this.count) return value;
    }
    return NaN;
  }
}
