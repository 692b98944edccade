import type { Principal, Role } from '@perennial/contracts-kernel';
import { ProviderError } from '@perennial/model-provider';
import type { Logger } from '@perennial/runtime';
import { describe, expect, it, vi } from 'vitest';
import { outcomeOfError } from './outcome';

const words = 'Incorrect API key provided for organization org-acme';
const refused = new ProviderError('UNAUTHENTICATED', words, { status: 401, confidential: true });

function outcome(error: ProviderError, role: Role = 'user') {
  const warn = vi.fn();
  const principal: Principal = { kind: 'user', userId: 'u', role, sessionId: 's' };
  const { error: told } = outcomeOfError(error, { warn } as unknown as Logger, principal);
  return { told, warn };
}

describe('the message of a provider failure', () => {
  it('is a plain sentence for users, and the provider’s own message for administrators and the log', () => {
    const { told, warn } = outcome(refused);
    expect(told?.message).not.toContain('org-acme');
    expect(told?.message).toContain('tell an administrator');
    expect(outcome(refused, 'admin').told?.message).toContain(words);
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ reason: words, status: 401 }), expect.any(String));
  });

  it.each([401, 403])('never suggests that the user is not signed in (%d)', (status) => {
    const code = status === 401 ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED';
    const error = new ProviderError(code, words, { status, confidential: true });
    expect(outcome(error).told).toMatchObject({ code: 'PROVIDER_REFUSED', retryable: false });
  });

  it('says when to retry', () => {
    const error = new ProviderError('RATE_LIMITED', words, {
      status: 429,
      retryable: true,
      retryAfter: 30,
      confidential: true,
    });
    expect(outcome(error).told).toEqual({
      code: 'RATE_LIMITED',
      message: 'The model is busy. Try again in 30 seconds.',
      retryable: true,
      retryAfter: 30,
    });
  });

  it('is our own sentence if the provider sent none', () => {
    const error = new ProviderError('TIMEOUT', 'The provider did not begin to answer within 300 s', {
      retryable: true,
    });
    expect(outcome(error).told?.message).toBe('The provider did not begin to answer within 300 s');
  });
});
