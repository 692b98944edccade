import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { raceAbort, waitAtMost, withTimeout } from './waiting';

const never = (): Promise<never> => new Promise(() => undefined);
const failing = (): Promise<never> => Promise.reject(new Error('broke'));

describe('a wait that a signal ends', () => {
  it('returns the result of the work, and removes its listener', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    signal.addEventListener = () => void (listeners += 1);
    signal.removeEventListener = () => void (listeners -= 1);
    expect(await raceAbort(Promise.resolve(1), signal)).toBe(1);
    await expect(raceAbort(failing(), signal)).rejects.toThrow('broke');
    await turn();
    expect(listeners).toBe(0);
    expect(await raceAbort(Promise.resolve(2), undefined)).toBe(2);
  });

  it('rejects with the reason, also if aborted before; a later result of the work is ignored', async () => {
    const abort = new AbortController();
    const waiting = raceAbort(never(), abort.signal);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(raceAbort(failing(), abort.signal)).rejects.toThrow('enough');
    await turn();
  });
});

describe('a wait with a limit', () => {
  it('rejects with the given error; a later result of the work is ignored', async () => {
    const late = (): Error => new Error('too late');
    expect(await withTimeout(Promise.resolve(1), 60_000, late)).toBe(1);
    await expect(withTimeout(failing(), 60_000, late)).rejects.toThrow('broke');
    let fail = (_error: Error): void => undefined;
    const work = new Promise<never>((_, reject) => (fail = reject));
    await expect(withTimeout(work, 1, late)).rejects.toThrow('too late');
    fail(new Error('nobody waits'));
    await turn();
  });

  it('tells whether the work ended in time', async () => {
    expect(await waitAtMost(Promise.resolve(), 60_000)).toBe(true);
    expect(await waitAtMost(never(), 1)).toBe(false);
    expect(await waitAtMost(never(), -5)).toBe(false);
    await expect(waitAtMost(failing(), 60_000)).rejects.toThrow('broke');
  });
});
