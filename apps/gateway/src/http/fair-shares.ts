/** Entries below which nothing is forgotten. */
const FEW = 1_000;

/**
 * In which round of turns each user is, while turns are short: start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996), where each turn
 * costs one. A user who comes, or comes back, begins in the present round: what was used while there was enough for all is nobody's debt, and
 * what was not used is nobody's credit.
 */
export class FairShares {
  /** By user, the round of the next turn; one that is over is like none. */
  private readonly next = new Map<string, number>();
  private round = 0;
  private sweepAt = FEW;

  /** The round of the user's next turn; who is in an earlier one goes first. */
  roundOf(userId: string): number {
    return Math.max(this.round, this.next.get(userId) ?? 0);
  }

  /** The user's turn begins. */
  begin(userId: string): void {
    this.round = this.roundOf(userId);
    this.next.set(userId, this.round + 1);
    if (this.next.size <= this.sweepAt) return;
    for (const [other, next] of this.next) if (next <= this.round) this.next.delete(other);
    this.sweepAt = Math.max(FEW, this.next.size * 2);
  }

  /** Users who are remembered. */
  get size(): number {
    return this.next.size;
  }

  /** There is enough for all. */
  reset(): void {
    this.next.clear();
    this.round = 0;
  }
}
