/** Retries per call, on average. */
const SHARE = 0.1;
/** Retries that are saved up at most, so that a server with few calls is retried as well. */
const SAVED = 10;
/** More servers than any installation has; it only bounds an admin's trials of addresses. */
const MAX_SERVERS = 256;

/**
 * Retries of calls to one server, as a share of the calls: when most calls fail, retries would only multiply its load (as Finagle's
 * RetryBudget).
 */
export class RetryBudget {
  private saved = SAVED;

  /** A first attempt was made. */
  called(): void {
    this.saved = Math.min(SAVED, this.saved + SHARE);
  }

  /** Whether one more retry may be made; it then counts. */
  take(): boolean {
    if (this.saved < 1) return false;
    this.saved -= 1;
    return true;
  }
}

const budgets = new Map<string, RetryBudget>();

/** The budget of this thread for a server. */
export function retryBudgetFor(origin: string): RetryBudget {
  let budget = budgets.get(origin);
  if (budget === undefined) {
    budget = new RetryBudget();
    budgets.set(origin, budget);
    if (budgets.size > MAX_SERVERS) budgets.delete(budgets.keys().next().value!);
  }
  return budget;
}
