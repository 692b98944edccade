import { CallError } from '@perennial/contracts-kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FeedCurrency } from './feed-currency';

const away = () => Promise.reject(new CallError('UNAVAILABLE', 'Redis is away.'));
const unanswered = () =>
  new Promise<never>((_, reject) =>
    setTimeout(() => reject(new CallError('DEADLINE_EXCEEDED', 'Nobody answered.')), 2_000),
  );

describe('what is known of ended sessions', () => {
  let currency: FeedCurrency;
  let reads: number;
  let answer: (read: number) => Promise<void>;
  let isAuthAway: boolean;

  beforeEach(async () => {
    vi.useFakeTimers();
    [reads, isAuthAway] = [0, true];
    answer = () => Promise.resolve();
    currency = new FeedCurrency();
    const read = () => currency.observe(() => answer(++reads));
    currency.follow({ read, isAuthAway: () => Promise.resolve(isAuthAway) });
    await read();
  });
  afterEach(() => void vi.useRealTimers());

  it('is current for a second, and is then read once for all who wait', async () => {
    expect(currency.isCurrent).toBe(true);
    vi.advanceTimersByTime(1_001);
    expect(currency.isCurrent).toBe(false);
    await Promise.all([currency.renew(), currency.renew(), currency.renew()]);
    expect({ reads, isCurrent: currency.isCurrent }).toEqual({ reads: 2, isCurrent: true });
  });

  it('is as old as the beginning of its read, however long that took', async () => {
    answer = () => new Promise((resolve) => setTimeout(resolve, 800));
    vi.advanceTimersByTime(1_001);
    const renewed = currency.renew();
    await vi.advanceTimersByTimeAsync(800);
    await renewed;
    expect(currency.isCurrent).toBe(true);
    vi.advanceTimersByTime(201);
    expect(currency.isCurrent).toBe(false);
  });

  it('is asked for again while a replica that has died holds the first question', async () => {
    answer = (read) => (read === 2 ? unanswered() : Promise.resolve());
    vi.advanceTimersByTime(1_001);
    const renewed = currency.renew();
    await vi.advanceTimersByTimeAsync(250);
    await renewed;
    expect(reads).toBe(3);
    // The late failure of the first one changes nothing.
    isAuthAway = false;
    await vi.advanceTimersByTimeAsync(700);
    expect(currency.isCurrent).toBe(true);
  });

  it('cannot be known while Redis is away', async () => {
    answer = away;
    vi.advanceTimersByTime(1_001);
    await expect(currency.renew()).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { retryAfter: 1 } });
    expect(reads).toBe(2);
    answer = () => Promise.resolve();
    await currency.renew();
    expect(currency.isCurrent).toBe(true);
  });

  it('cannot be known while a replica of auth is up and does not answer', async () => {
    [answer, isAuthAway] = [unanswered, false];
    vi.advanceTimersByTime(1_001);
    const refused = expect(currency.renew()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await vi.advanceTimersByTimeAsync(3_000);
    await refused;
    expect(reads).toBe(5);
  });

  it('cannot change while all of auth is away: people go on, until a read says otherwise', async () => {
    answer = unanswered;
    vi.advanceTimersByTime(1_001);
    const renewed = currency.renew();
    await vi.advanceTimersByTimeAsync(3_000);
    await renewed;
    vi.advanceTimersByTime(5_000);
    expect(currency.isCurrent).toBe(true);
    answer = away;
    await expect(currency.observe(() => answer(0))).rejects.toThrow();
    expect(currency.isCurrent).toBe(false);
  });
});
