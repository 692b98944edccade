import { parseOptions } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher';

describe('PasswordHasher', () => {
  it('hashes with Argon2id, at least as hard as OWASP asks', async () => {
    const hasher = new PasswordHasher({ concurrency: 2, queue: 10 });
    const stored = await hasher.hash('correct horse');
    expect(stored).toMatch(/^\$argon2id\$v=19\$/);
    const used = parseOptions(stored);
    expect(used.memoryCost).toBeGreaterThanOrEqual(19_456);
    expect(used.timeCost).toBeGreaterThanOrEqual(2);
    expect(await hasher.verify('correct horse', stored)).toBe(true);
    expect(await hasher.verify('wrong horse', stored)).toBe(false);
  });

  it('answers no for an account that does not exist, in the time of one that does', async () => {
    const hasher = new PasswordHasher({ concurrency: 1, queue: 100 });
    await hasher.warmUp();
    const stored = await hasher.hash('x');
    const median = async (work: () => Promise<unknown>): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < 9; i += 1) {
        const from = performance.now();
        await work();
        times.push(performance.now() - from);
      }
      return times.sort((a, b) => a - b)[4] ?? 0;
    };
    expect(await hasher.verify('x', undefined)).toBe(false);
    const known = await median(() => hasher.verify('y', stored));
    const unknown = await median(() => hasher.verify('y', undefined));
    expect(unknown).toBeGreaterThan(known / 3);
    expect(unknown).toBeLessThan(known * 3);
  });

  it('refuses beyond its queue and works on afterwards', async () => {
    const hasher = new PasswordHasher({ concurrency: 1, queue: 1 });
    const results = await Promise.allSettled([hasher.hash('a'), hasher.hash('b'), hasher.hash('c')]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect((results[2] as PromiseRejectedResult).reason).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      details: { retryAfter: 1 },
    });
    await expect(hasher.hash('d')).resolves.toContain('argon2id');
  });

  it('does not hold the event loop', async () => {
    const hasher = new PasswordHasher({ concurrency: 2, queue: 10 });
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await Promise.all(Array.from({ length: 6 }, () => hasher.hash('x')));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });
});
