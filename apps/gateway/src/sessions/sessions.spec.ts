import { randomUUID } from 'node:crypto';
import { type Revocation, sessions as sessionCalls } from '@perennial/contracts-auth';
import type { User } from '@perennial/contracts-wire';
import type { Rpc } from '@perennial/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ScriptedRpc, SECRET, toToken, userOf } from '../../test/edge';
import { FeedCurrency } from './feed-currency';
import { Revocations } from './revocations';
import { Sessions } from './sessions';

describe('cached sessions', () => {
  let rpc: ScriptedRpc;
  let change: Partial<User>;
  let revocations: Revocations;
  let currency: FeedCurrency;
  const sessions = (bytes?: number) => new Sessions([SECRET], revocations, currency, rpc as unknown as Rpc, bytes);
  const signedIn = () => toToken({ id: randomUUID() });

  beforeEach(() => {
    vi.useFakeTimers();
    change = {};
    revocations = new Revocations();
    currency = new FeedCurrency();
    rpc = new ScriptedRpc().on(sessionCalls.resolve, ({ claims }) => ({ ...userOf('user', claims.id), ...change }));
  });
  afterEach(() => void vi.useRealTimers());

  it('are accepted under each key in force, and under no other', async () => {
    const both = new Sessions([SECRET, 'the second key'], revocations, currency, rpc as unknown as Rpc);
    const id = randomUUID();
    for (const secret of [SECRET, 'the second key'])
      expect((await both.authenticate(toToken({ id }, secret))).user.id).toBe(id);
    await expect(both.authenticate(toToken({ id }, 'a third key'))).rejects.toMatchObject({ status: 401 });
    await expect(both.authenticate(toToken({ id, exp: 1 }, 'the second key'))).rejects.toMatchObject({ status: 401 });
    await expect(sessions().authenticate(toToken({ id }, 'the second key'))).rejects.toMatchObject({ status: 401 });
  });

  it('count only while the feed of ended sessions is current: what was ended while the process was cut off is read first', async () => {
    const all = sessions();
    const id = randomUUID();
    const token = toToken({ id });
    const read = () =>
      currency.observe(() => {
        const notBefore = Date.now() + 60_000;
        revocations.add({ sequence: 1, kind: 'user', subject: id, userId: id, notBefore } as Revocation);
        return Promise.resolve();
      });
    await all.authenticate(token);
    currency.follow({ read, isAuthAway: () => Promise.resolve(true) });
    await expect(all.authenticate(token)).rejects.toMatchObject({ status: 401 });
  });

  it('are bounded in bytes: the least recently used are evicted', async () => {
    change = { bio: 'b'.repeat(10_000) };
    const all = sessions(1_000_000);
    const tokens = Array.from({ length: 300 }, signedIn);
    for (const token of tokens) await all.authenticate(token);
    expect(all.remembered).toBeGreaterThan(50);
    expect(all.remembered).toBeLessThan(100);
    await all.authenticate(tokens[299]!);
    expect(rpc.calls).toHaveLength(300);
    await all.authenticate(tokens[0]!);
    expect(rpc.calls).toHaveLength(301);
  });

  it('are evicted when they are not used', async () => {
    const all = sessions();
    for (let n = 0; n < 10; n += 1) await all.authenticate(signedIn());
    vi.advanceTimersByTime(61_000);
    expect(all.remembered).toBe(10);
    all.purge();
    expect(all.remembered).toBe(0);
  });

  it('of one user are forgotten, and no others', async () => {
    const all = sessions();
    const [gone, stays] = [signedIn(), signedIn()];
    const { user } = await all.authenticate(gone);
    await all.authenticate(stays);
    all.forget(new Set([user.id]));
    await all.authenticate(stays);
    expect(rpc.calls).toHaveLength(2);
    await all.authenticate(gone);
    expect(rpc.calls).toHaveLength(3);
  });

  it('are not cached from a load during which the account changed', async () => {
    const all = sessions();
    const token = signedIn();
    change = { role: 'admin' };
    const asking = all.authenticate(token);
    change = { role: 'user' };
    all.forget(new Set(['whoever']));
    await asking;
    expect((await all.authenticate(token)).user.role).toBe('user');
  });
});
