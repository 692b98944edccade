import { parseOptions } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher';

describe('PasswordHasher', () => {
  it('hashes with Argon2id, at least as strong as OWASP recommends', async () => {
    const hasher = new PasswordHasher({ concurrency: 2, queue: 10 });
    const stored = await hasher.hash('correct horse');
    expect(stored).toMatch(/^\$argon2id\$v=19\$/);
    const used = parseOptions(stored);
    expect(used.memoryCost).toBeGreaterThanOrEqual(19_456);
    expect(used.timeCost).toBeGreaterThanOrEqual(2);
    expect(await hasher.verify('correct horse', stored)).toBe(true);
    expect(await hasher.verify('wrong horse', stored)).toBe(false);
  });

  it('rejects an unknown account with the same work as a known one, in the same queue', async () => {
    const hasher = new PasswordHasher({ concurrency: 1, queue: 1 });
    expect(await hasher.verify('x', undefined)).toBe(false);
    const results = await Promise.allSettled(['a', 'b', 'c'].map((password) => hasher.verify(password, undefined)));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });

  it('refuses beyond its queue and recovers afterwards', async () => {
    const hasher = new PasswordHasher({ concurrency: 1, queue: 1 });
    const results = await Promise.allSettled([hasher.hash('a'), hasher.hash('b'), hasher.hash('c')]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect((results[2] as PromiseRejectedResult).reason).toMatchObject({
      code: 'UNAVAILABLE',
      details: { retryAfter: 1 },
    });
    await expect(hasher.hash('d')).resolves.toContain('argon2id');
  });

  it('does not block the event loop', async () => {
    const hasher = new PasswordHasher({ concurrency: 2, queue: 10 });
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await Promise.all(Array.from({ length: 6 }, () => hasher.hash('x')));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });
});
