import { beforeEach, describe, expect, it } from 'vitest';
import { FairShares } from './fair-shares';

describe('the rounds of turns', () => {
  let shares: FairShares;
  beforeEach(() => (shares = new FairShares()));
  /** Serves so many turns, always of the first user in the earliest round. */
  const serve = (turns: number, users: readonly string[]) => {
    const served = Object.fromEntries(users.map((user) => [user, 0]));
    for (let turn = 0; turn < turns; turn += 1) {
      const next = users.reduce((one, other) => (shares.roundOf(other) < shares.roundOf(one) ? other : one));
      shares.begin(next);
      served[next]! += 1;
    }
    return served;
  };

  it('give each user as many turns as the others', () => {
    expect(serve(300, ['a', 'b', 'c'])).toEqual({ a: 100, b: 100, c: 100 });
  });

  it('give who comes later neither the turns that were missed nor a place behind the others', () => {
    serve(100, ['a', 'b']);
    expect(shares.roundOf('c')).toBeLessThanOrEqual(Math.min(shares.roundOf('a'), shares.roundOf('b')));
    expect(serve(30, ['a', 'b', 'c'])).toEqual({ a: 10, b: 10, c: 10 });
  });

  it('forget what was used while there was enough for all', () => {
    for (let turn = 0; turn < 50; turn += 1) shares.begin('a');
    shares.reset();
    expect(serve(10, ['a', 'b'])).toEqual({ a: 5, b: 5 });
  });

  it('remember only users of the present round, however many come', () => {
    for (let user = 0; user < 100_000; user += 1) {
      shares.begin(`user ${user}`);
      if (user % 100 === 99) serve(2, ['one']);
    }
    expect(shares.size).toBeLessThan(3_000);
    expect(shares.roundOf('user 5')).toBe(shares.roundOf('new'));
  });
});
