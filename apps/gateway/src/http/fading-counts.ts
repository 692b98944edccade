/** Counts are weighed by e^(age of this object / decay), so the weights are scaled down before they overflow: after so many decays. */
const RESCALE = 20;
/** A count that weighs less is forgotten. */
const FORGOTTEN = 0.01;

/** How often something has happened lately, by key. */
export class FadingCounts {
  private readonly counts = new Map<string, number>();
  private from: number;

  /**
   * @param decayMs after this time a count is 1/e of it
   * @param now milliseconds of a monotonic clock
   */
  constructor(
    private readonly decayMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.from = now();
  }

  add(key: string): void {
    const weight = this.weight();
    this.counts.set(key, (this.counts.get(key) ?? 0) + weight);
  }

  of(key: string): number {
    const weight = this.weight();
    return (this.counts.get(key) ?? 0) / weight;
  }

  private weight(): number {
    const age = this.now() - this.from;
    if (age < RESCALE * this.decayMs) return Math.exp(age / this.decayMs);
    this.rescale(Math.exp(age / this.decayMs));
    this.from = this.now();
    return 1;
  }

  private rescale(by: number): void {
    for (const [key, count] of this.counts) {
      if (count / by < FORGOTTEN) this.counts.delete(key);
      else this.counts.set(key, count / by);
    }
  }
}
