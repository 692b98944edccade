import { describe, expect, it } from 'vitest';
import type { Driver, WordHit } from '../driver';
import { StoreUnavailableError, VectorStoreError } from '../errors';
import type { Hit } from '../types';
import { type ResilienceOptions, ResilientDriver } from './resilient-driver';

const nothing = async (): Promise<never> => {
  throw new Error('not expected');
};

/** A driver that only implements `count` and `health`. */
function driverOf(count: () => Promise<number>, health: () => Promise<void> = nothing): Driver {
  return {
    ...{ ensure: nothing, drop: nothing, list: nothing, describe: nothing, write: nothing, delete: nothing },
    ...{ search: nothing, searchWords: nothing, page: nothing, vectors: nothing, close: nothing },
    count,
    health,
  };
}

const facts = { system: 'test', capabilities: { hybrid: true, sharedBetweenHosts: true }, batchSize: 1 };
const resilient = (driver: Driver, options?: ResilienceOptions): ResilientDriver =>
  new ResilientDriver(facts, async () => driver, options);

const timeouts = { read: 50, write: 1_000, admin: 1_000 };
const breaker = { failures: 2, openMs: 60_000, maxOpenMs: 60_000 };

describe('ResilientDriver', () => {
  it('retries a failed connection, and returns the result', async () => {
    let attempts = 0;
    const driver = resilient(
      driverOf(async () => {
        attempts += 1;
        if (attempts < 3) throw new StoreUnavailableError('refused');
        return 7;
      }),
    );
    await expect(driver.count('c', {})).resolves.toBe(7);
    expect(attempts).toBe(3);
  });

  it('gives up after the third attempt', async () => {
    let attempts = 0;
    const driver = resilient(
      driverOf(async () => {
        attempts += 1;
        throw new StoreUnavailableError('refused');
      }),
    );
    await expect(driver.count('c', {})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(attempts).toBe(3);
  });

  it.each(['NOT_FOUND', 'WRONG_DIMENSION', 'INVALID', 'FAILED'] as const)('does not repeat %s', async (code) => {
    let attempts = 0;
    const driver = resilient(
      driverOf(async () => {
        attempts += 1;
        throw new VectorStoreError(code, 'no');
      }),
    );
    await expect(driver.count('c', {})).rejects.toMatchObject({ code });
    expect(attempts).toBe(1);
  });

  it('times out a call without a reply, and does not retry it', async () => {
    let attempts = 0;
    const driver = resilient(
      driverOf(() => {
        attempts += 1;
        return new Promise<number>(() => undefined);
      }),
      { timeouts },
    );
    await expect(driver.count('c', {})).rejects.toMatchObject({ code: 'UNAVAILABLE', timedOut: true });
    expect(attempts).toBe(1);
  });

  it('opens the breaker after consecutive failures, until a health check succeeds', async () => {
    let attempts = 0;
    let away = true;
    const driver = resilient(
      driverOf(
        async () => {
          attempts += 1;
          if (away) throw new StoreUnavailableError('refused');
          return 7;
        },
        async () => {
          if (away) throw new StoreUnavailableError('refused');
        },
      ),
      { timeouts, breaker },
    );
    for (let n = 0; n < 2; n += 1)
      await expect(driver.count('c', {})).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: undefined });
    await expect(driver.count('c', {})).rejects.toMatchObject({ retryAfterMs: expect.any(Number) });
    expect(attempts).toBe(6);
    await expect(driver.health()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    away = false;
    await expect(driver.count('c', {})).rejects.toMatchObject({ retryAfterMs: expect.any(Number) });
    await driver.health();
    await expect(driver.count('c', {})).resolves.toBe(7);
  });

  it('handles a late failure of a call that timed out', async () => {
    const driver = resilient(
      driverOf(
        () =>
          new Promise<number>((_, reject) => {
            setTimeout(() => reject(new Error('late')), 80);
          }),
      ),
      { timeouts },
    );
    await expect(driver.count('c', {})).rejects.toMatchObject({ timedOut: true });
    await new Promise((resolve) => setTimeout(resolve, 60));
  });

  describe('searches both halves', () => {
    const query = { vector: new Float32Array(2), filter: { scopes: ['base'] }, limit: 3 };
    const ref = { id: 'a', scope: 'base', fileId: 'file', generation: 1, ordinal: 0 };
    const near: Hit = { ...ref, similarity: 1, score: 1 };
    const worded: WordHit = { ...near, matched: ['fox'] };
    const never = () => new Promise<never>(() => undefined);
    const refused = async () => {
      throw new StoreUnavailableError('refused');
    };
    const halves = (search: () => Promise<Hit[]>, searchWords: () => Promise<WordHit[]>, read = 50) => {
      const driver = resilient(
        { ...driverOf(async () => 7), search, searchWords },
        { timeouts: { ...timeouts, read }, breaker },
      );
      return { both: () => driver.searchBoth('c', query, { ...query, words: ['fox'] }) };
    };

    it('as one call, whose failure counts once', async () => {
      let searches = 0;
      const { both } = halves(() => {
        searches += 1;
        return never();
      }, never);
      for (let n = 0; n < 2; n += 1) await expect(both()).rejects.toMatchObject({ timedOut: true });
      await expect(both()).rejects.toMatchObject({ retryAfterMs: expect.any(Number) });
      expect(searches).toBe(2);
    });

    it.each([
      ['away', refused],
      ['slow', never],
    ])('by meaning alone while the words are %s, as often as it is asked', async (_, words) => {
      const { both } = halves(async () => [near], words);
      for (let n = 0; n < 3; n += 1) await expect(both()).resolves.toEqual([[near], []]);
    });

    it('by words too if only their first attempt fails', async () => {
      let attempts = 0;
      const { both } = halves(
        async () => [near],
        async () => ((attempts += 1) === 1 ? refused() : [worded]),
        1_000,
      );
      await expect(both()).resolves.toEqual([[near], [worded]]);
    });

    it.each(['FAILED', 'NOT_FOUND'] as const)('and hides no refusal of the words: %s', async (code) => {
      const refuse = async () => {
        throw new VectorStoreError(code, 'no');
      };
      await expect(halves(async () => [near], refuse).both()).rejects.toMatchObject({ code });
    });

    it('and asks for the words no longer when the meaning has failed', async () => {
      let attempts = 0;
      const fail = async () => {
        throw new VectorStoreError('FAILED', 'no');
      };
      const { both } = halves(
        fail,
        () => {
          attempts += 1;
          return refused();
        },
        1_000,
      );
      await expect(both()).rejects.toMatchObject({ code: 'FAILED' });
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(attempts).toBe(1);
    });
  });
});
