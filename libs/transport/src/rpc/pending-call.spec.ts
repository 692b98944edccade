import { CallError, isUndecided } from '@perennial/contracts-kernel';
import { describe, expect, it } from 'vitest';
import { repeatDelay, undecided } from './pending-call';

describe('the error of a call that may have begun earlier', () => {
  it('does not say that nothing was done when a later attempt is refused', () => {
    const refusal = new CallError('UNAVAILABLE', 'The queue is full.', { retryAfter: 1, refused: true });
    expect(isUndecided(refusal)).toBe(false);
    const error = undecided(refusal);
    expect(isUndecided(error)).toBe(true);
    expect(error).toMatchObject({ code: 'UNAVAILABLE', message: 'The queue is full.', details: { retryAfter: 1 } });
  });

  it('is otherwise as it was', () => {
    const error = new CallError('NOT_FOUND', 'There is no such chat.');
    expect(undecided(error)).toBe(error);
  });
});

describe('the delay before a refused call is sent again', () => {
  it('is none at first, and then differs between callers', () => {
    expect([repeatDelay(1, 1), repeatDelay(2, 0), repeatDelay(2, 1)]).toEqual([0, 50, 150]);
  });
});
