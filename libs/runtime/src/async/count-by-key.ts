/** Counts by key, and forgets a key whose count is 0 again. */
export class CountByKey {
  private readonly counts = new Map<string, number>();

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  /** @param count negative to take away */
  add(key: string, count: number): void {
    const sum = this.of(key) + count;
    if (sum > 0) this.counts.set(key, sum);
    else this.counts.delete(key);
  }
}
