/** UTF-16 units of replies in transit to one process by Pub/Sub: Redis disconnects a subscriber with 32 MB pending. */
const BUDGET = 4 * 1024 * 1024;
const MOST = 64 * 1024;
/** Every call may get a direct reply of this length, even if the budget is spent. */
const LEAST = 1024;
/** Each call gets this fraction of the remaining budget, so that it never runs out. */
const SHARE = 64;

/**
 * Limits the direct reply to each call, so that all replies that this process waits for fit into its subscriber's buffer at once. A longer
 * reply waits in a key until it is fetched.
 */
export class ReplyBudget {
  private left = BUDGET;

  /** Reserves UTF-16 units for the reply of one call; `release` returns them. */
  reserve(): number {
    const share = Math.max(LEAST, Math.min(MOST, Math.floor(this.left / SHARE)));
    this.left -= share;
    return share;
  }

  release(share: number): void {
    this.left += share;
  }
}
