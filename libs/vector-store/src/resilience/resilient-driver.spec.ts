import { describe, expect, it } from 'vitest';
import type { Driver } from '../driver';
import { StoreUnavailableError, VectorStoreError } from '../errors';
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
const breaker = { failures: 4, openMs: 60_000, maxOpenMs: 60_000 };

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
    await expect(driver.count('c', {})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(driver.count('c', {})).rejects.toMatchObject({ retryAfterMs: expect.any(Number) });
    expect(attempts).toBe(4);
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
});
