import { describe, expect, it } from 'vitest';
import { WaitingCalls } from './waiting-calls';

describe('calls that wait for a connection', () => {
  it('are so many at most, of one user or of several with the same number', () => {
    const waiting = new WaitingCalls(2);
    const [one, other] = [waiting.enter('a', 'u'), waiting.enter('a', 'v')];
    expect([one?.pushedOut.aborted, other?.pushedOut.aborted]).toEqual([false, false]);
    expect(waiting.enter('a', 'w')).toBeUndefined();
    expect(waiting.enter('b', 'w')).toBeDefined();
    one?.leave();
    expect(waiting.enter('a', 'w')).toBeDefined();
  });

  it('of the user with the most give way, the newest first', () => {
    const waiting = new WaitingCalls(3);
    const [first, second, third] = [1, 2, 3].map(() => waiting.enter('a', 'flood'));
    expect(waiting.enter('a', 'flood')).toBeUndefined();
    expect(waiting.enter('a', 'victim')).toBeDefined();
    expect([first, second, third].map((call) => call?.pushedOut.aborted)).toEqual([false, false, true]);
    // Now they have two and one: another of the victim's would only turn it round.
    expect(waiting.enter('a', 'victim')).toBeUndefined();
  });
});
