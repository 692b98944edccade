import { CallError, type ErrorCode } from '@perennial/contracts-kernel';
import { describe, expect, it } from 'vitest';
import { retry, retryTransient } from './retry';

/** Work that fails `times` times before it succeeds. */
function failing(times: number, code: ErrorCode = 'UNAVAILABLE') {
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    work: async (): Promise<string> => {
      calls += 1;
      if (calls <= times) throw new CallError(code, `failure ${calls}`);
      return 'done';
    },
  };
}

describe('retry', () => {
  it('passes the number of the attempt, and repeats while `pauseMs` gives a pause', async () => {
    const { work } = failing(2);
    const attempts: number[] = [];
    const numbered = (attempt: number): Promise<string> => {
      attempts.push(attempt);
      return work();
    };
    expect(await retry(numbered, { pauseMs: () => 0 })).toBe('done');
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('throws the last error when `pauseMs` gives none', async () => {
    const { work } = failing(9);
    await expect(retry(work, { pauseMs: (_error, attempt) => (attempt < 3 ? 0 : undefined) })).rejects.toThrow(
      'failure 3',
    );
  });

  it('ends a pause when the signal is aborted, and starts no further attempt', async () => {
    const abort = new AbortController();
    const away = failing(9);
    const waiting = retry(away.work, {
      signal: abort.signal,
      pauseMs: () => {
        setImmediate(() => abort.abort());
        return 3_600_000;
      },
    });
    await expect(waiting).rejects.toThrow('failure 1');
    await expect(retry(away.work, { signal: abort.signal, pauseMs: () => 0 })).rejects.toThrow('failure 2');
    expect(away.calls).toBe(2);
  });
});

describe('retryTransient', () => {
  const { signal } = new AbortController();

  it('repeats while a store or a service is unavailable', async () => {
    expect(await retryTransient(failing(1).work, { signal })).toBe('done');
    expect(await retryTransient(failing(1, 'INTERNAL').work, { signal })).toBe('done');
  });

  it('does not repeat after a permanent error, an unknown error, or its time limit', async () => {
    const refused = failing(1, 'NOT_FOUND');
    await expect(retryTransient(refused.work, { signal })).rejects.toThrow('failure 1');
    await expect(retryTransient(() => Promise.reject(new TypeError('a bug')), { signal })).rejects.toThrow('a bug');
    const away = failing(9);
    await expect(retryTransient(away.work, { signal, limitMs: 0 })).rejects.toThrow('failure 1');
    expect([refused.calls, away.calls]).toEqual([1, 1]);
  });
});
