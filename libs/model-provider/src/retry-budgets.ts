import { RetryBudget } from '@perennial/runtime/retry-budget';

/** More servers than any installation has; it only bounds an admin's trials of addresses. */
const MAX_SERVERS = 256;

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
