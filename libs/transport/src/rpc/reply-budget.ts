/** UTF-16 units of answers that may be on their way to one process by Pub/Sub: Redis cuts a subscriber that has 32 MB waiting. */
const BUDGET = 4 * 1024 * 1024;
const MOST = 64 * 1024;
/** Every call may be answered directly by this much, also when the budget is spent. */
const LEAST = 1024;
/** Of what is left each call gets this part, so that the budget is never spent. */
const SHARE = 64;

/**
 * How long the direct answer to each call may be, so that all answers that this process waits for fit into its subscriber's buffer at once.
 * What is longer waits in a key of its own until it is fetched.
 */
export class ReplyBudget {
  private left = BUDGET;

  /** UTF-16 units for the answer of one call; given back by `release`. */
  reserve(): number {
    const share = Math.max(LEAST, Math.min(MOST, Math.floor(this.left / SHARE)));
    this.left -= share;
    return share;
  }

  release(share: number): void {
    this.left += share;
  }
}
