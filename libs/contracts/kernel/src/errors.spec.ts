import { describe, expect, it } from 'vitest';
import { CallError, ERROR_CODES, HTTP_STATUS, isTransient, isUndecided } from './errors';

describe('the error of a call', () => {
  it('is undecided only where the call may have taken effect', () => {
    const undecided = ERROR_CODES.filter((code) => isUndecided(new CallError(code, 'failed')));
    expect(undecided).toEqual(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'OUTCOME_UNKNOWN']);
    expect(isUndecided(new CallError('UNAVAILABLE', 'The queue is full.', { refused: true }))).toBe(false);
    expect(isUndecided(new Error('failed'))).toBe(false);
  });

  it('tells a limit of the caller’s own from a fleet that is full', () => {
    expect([HTTP_STATUS.RESOURCE_EXHAUSTED, HTTP_STATUS.UNAVAILABLE]).toEqual([429, 503]);
    expect([
      isTransient(new CallError('RESOURCE_EXHAUSTED', '')),
      isTransient(new CallError('UNAVAILABLE', '')),
    ]).toEqual([false, true]);
  });
});
