import { RetryBudget } from '@perennial/runtime/retry-budget';
import { describe, expect, it } from 'vitest';
import { ProviderError } from './errors';
import { CHAT_RETRY, retryDelay } from './retry';

describe('the budget of retries', () => {
  const away = new ProviderError('UNAVAILABLE', 'away', { retryable: true });
  const busy = new ProviderError('RATE_LIMITED', 'busy', { retryable: true, retryAfter: 1 });

  it('is a tenth of the calls when all of them fail, beside a few', () => {
    const budget = new RetryBudget();
    let retries = 0;
    for (let call = 0; call < 1_000; call += 1) {
      budget.called();
      if (retryDelay(away, 1, CHAT_RETRY, budget) !== undefined) retries += 1;
    }
    expect(retries).toBeGreaterThan(90);
    expect(retries).toBeLessThanOrEqual(110);
  });

  it('does not count a pause that the provider has asked for, nor a retry that is not made', () => {
    const budget = new RetryBudget();
    for (let call = 0; call < 100; call += 1) {
      expect(retryDelay(busy, 1, CHAT_RETRY, budget)).toBeGreaterThanOrEqual(1_000);
      expect(retryDelay(away, 2, CHAT_RETRY, budget)).toBeUndefined();
    }
    expect(retryDelay(away, 1, CHAT_RETRY, budget)).toBeDefined();
  });
});
