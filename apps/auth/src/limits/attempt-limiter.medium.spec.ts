import { freshPrefix, redisUrl } from '@perennial/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AttemptLimiter, type SignInAttempt } from './attempt-limiter';

const LIMITS = {
  windowSeconds: 600,
  perAccount: 3,
  perAccountOverall: 9,
  perAddress: 8,
  signUpsPerAddress: 2,
  signInsPerAccount: 5,
};
const LIMITED = { code: 'RESOURCE_EXHAUSTED', details: { retryAfter: expect.any(Number) as number } };

/** Real: Redis. Two limiters stand for two replicas. */
describe('attempts', () => {
  let redis: Redis;
  let replicas: AttemptLimiter[];
  let limited: [string, string][];
  let turn = 0;
  beforeAll(() => {
    redis = new Redis(redisUrl());
  });
  afterAll(() => redis?.disconnect());
  beforeEach(() => {
    const prefix = freshPrefix('limits');
    limited = [];
    const onLimited = (...refusal: [string, string]) => limited.push(refusal);
    replicas = [1, 2].map(() => new AttemptLimiter(redis, prefix, LIMITS, onLimited));
  });

  const replica = (): AttemptLimiter => replicas[(turn += 1) % 2]!;
  const attempt = (attempt: Partial<SignInAttempt>, repeated = false) =>
    replica().signIn(
      {
        account: 'owner@example.com',
        address: '203.0.113.1',
        addressShared: false,
        device: undefined,
        ...attempt,
      },
      repeated,
    );
  /** @returns how many reached the password check */
  const guess = async (times: number, of: (n: number) => Partial<SignInAttempt> = () => ({})): Promise<number> => {
    const outcomes = await Promise.allSettled(Array.from({ length: times }, (_, n) => attempt(of(n))));
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  };

  it('close an account to the guessing address only, over all replicas', async () => {
    expect(await guess(10)).toBe(3);
    await expect(attempt({})).rejects.toMatchObject(LIMITED);
    expect(limited).toEqual([['sign-in-source', '203.0.113.1']]);
    await expect(attempt({ address: '198.51.100.9' })).resolves.toBeInstanceOf(Function);
    await expect(attempt({ account: 'another@example.com' })).resolves.toBeInstanceOf(Function);
  });

  it('that the transport repeats count once, are forgiven once they succeed, and are refused if they were', async () => {
    await attempt({});
    for (let n = 0; n < 5; n += 1) await attempt({}, true);
    await (
      await attempt({}, true)
    )();
    expect(await guess(10)).toBe(3);
    await expect(attempt({}, true)).rejects.toMatchObject(LIMITED);
    for (let n = 0; n < 5; n += 1) await replica().passwordChange('owner', '203.0.113.1', n > 0);
  });

  it('from many addresses close the account to unknown devices, but not to its owner’s', async () => {
    expect(await guess(20, (n) => ({ address: `198.51.100.${n}` }))).toBe(9);
    await expect(attempt({ address: '192.0.2.1' })).rejects.toMatchObject(LIMITED);
    await expect(attempt({ address: '192.0.2.1', device: 'laptop' })).resolves.toBeInstanceOf(Function);
    // A device that guesses is limited like an address.
    expect(await guess(5, () => ({ device: 'laptop' }))).toBe(2);
    await expect(attempt({ device: 'phone' })).resolves.toBeInstanceOf(Function);
  });

  it('from all known devices share one limit: anybody who once knew the password may have created many', async () => {
    expect(await guess(20, (n) => ({ address: `198.51.100.${n}`, device: `device-${n}` }))).toBe(9);
    await expect(attempt({ device: 'one more' })).rejects.toMatchObject(LIMITED);
    await expect(attempt({})).resolves.toBeInstanceOf(Function);
  });

  it('at many accounts from one address close that address', async () => {
    expect(await guess(20, (n) => ({ account: `a${n}@example.com` }))).toBe(8);
    await expect(attempt({ address: '198.51.100.9' })).resolves.toBeInstanceOf(Function);
  });

  it.each([
    ['behind a proxy that is not trusted', { addressShared: true }],
    ['behind a proxy of a private network', { address: '10.0.0.7' }],
  ])('%s have a higher limit', async (_, origin) => {
    expect(await guess(20, (n) => ({ account: `a${n}@example.com`, ...origin }))).toBe(20);
    await expect(attempt(origin)).resolves.toBeInstanceOf(Function);
    // It has a limit too.
    expect(await guess(100, (n) => ({ account: `b${n}@example.com`, ...origin }))).toBe(80 - 21);
    await expect(attempt({ ...origin, device: 'laptop' })).resolves.toBeInstanceOf(Function);
  });

  it('that succeed are not counted', async () => {
    for (let n = 0; n < 12; n += 1) await (await attempt({}))();
    expect(await guess(10)).toBe(3);
  });

  it('that succeed have a limit of their own', async () => {
    for (let n = 0; n < 5; n += 1) await replica().signedIn({ account: 'owner@example.com', address: '192.0.2.1' });
    await expect(replica().signedIn({ account: 'owner@example.com', address: '192.0.2.1' })).rejects.toMatchObject(
      LIMITED,
    );
    await expect(replica().signedIn({ account: 'another@example.com', address: '192.0.2.1' })).resolves.toBeUndefined();
  });

  it('to sign up and to change a password are limited', async () => {
    const from = { address: '203.0.113.1', addressShared: false };
    for (let n = 0; n < 2; n += 1) await replica().signUp(from);
    await expect(replica().signUp(from)).rejects.toMatchObject(LIMITED);
    await expect(replica().signUp({ ...from, addressShared: true })).resolves.toBeUndefined();
    for (let n = 0; n < 3; n += 1) await replica().passwordChange('owner', from.address, false);
    await expect(replica().passwordChange('owner', from.address, false)).rejects.toMatchObject(LIMITED);
  });
});
