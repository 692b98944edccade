/** After this time a use counts for 1/e. */
const DECAY_MS = 10_000;
/** Uses are weighed by e^(age of this object / decay), so the weights are scaled down before they overflow. */
const RESCALE_MS = 20 * DECAY_MS;
/** A use that weighs less is forgotten. */
const FORGOTTEN = 0.01;

/** How much each user has used lately, as decayed counts. */
export class RecentUse {
  private readonly uses = new Map<string, number>();
  private from: number;

  /** @param now milliseconds of a monotonic clock */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.from = now();
  }

  add(userId: string): void {
    const weight = this.weight();
    this.uses.set(userId, (this.uses.get(userId) ?? 0) + weight);
  }

  /** How often the user has used it lately, decayed. */
  count(userId: string): number {
    const weight = this.weight();
    return (this.uses.get(userId) ?? 0) / weight;
  }

  private weight(): number {
    const age = this.now() - this.from;
    if (age < RESCALE_MS) return Math.exp(age / DECAY_MS);
    this.rescale(Math.exp(age / DECAY_MS));
    this.from = this.now();
    return 1;
  }

  private rescale(by: number): void {
    for (const [userId, use] of this.uses) {
      if (use / by < FORGOTTEN) this.uses.delete(userId);
      else this.uses.set(userId, use / by);
    }
  }
}
