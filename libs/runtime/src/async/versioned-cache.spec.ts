import { CallError } from '@perennial/contracts-kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LastVersion } from './last-version';
import { VersionedCache, type VersionedCacheOptions } from './versioned-cache';

interface Value {
  version: number;
}

/** What is cached: a row with a version, whose answers are given by hand. */
class Source {
  version = 1;
  loads = 0;
  asked = 0;
  away = false;
  /** Answers are held back until `answer` is called. */
  slow = false;
  private readonly held: (() => void)[] = [];
  readonly last = new LastVersion({ ask: () => this.ask(), believedMs: 1_000 });

  cache(options: Omit<VersionedCacheOptions<Value>, 'version'> = {}): VersionedCache<Value> {
    return new VersionedCache<Value>({ version: { last: this.last, of: ({ version }) => version }, ...options });
  }

  async ask(): Promise<number> {
    this.asked += 1;
    return this.reply(this.version);
  }

  readonly load = async (): Promise<Value> => {
    this.loads += 1;
    return { version: await this.reply(this.version) };
  };

  /** Gives the answer that was held back for the longest time. */
  answer(): void {
    this.held.shift()?.();
  }

  private async reply(version: number): Promise<number> {
    if (this.away) throw new CallError('UNAVAILABLE', 'away');
    if (this.slow) await new Promise<void>((resolve) => this.held.push(resolve));
    return version;
  }
}

describe('what another service has', () => {
  let source: Source;
  beforeEach(() => {
    vi.useFakeTimers();
    source = new Source();
  });
  afterEach(() => void vi.useRealTimers());

  it('is loaded once while its version stays, and the version is asked for once in its time', async () => {
    const cache = source.cache();
    for (let n = 0; n < 5; n += 1) await cache.get('a', source.load);
    vi.advanceTimersByTime(1_001);
    await Promise.all([cache.get('a', source.load), cache.get('a', source.load)]);
    expect([source.loads, source.asked]).toEqual([1, 1]);
  });

  it('is loaded again after a new version, which one value tells of the others', async () => {
    const cache = source.cache({ limit: { values: 2 } });
    await cache.get('a', source.load);
    source.version = 2;
    expect(await cache.get('a', source.load)).toEqual({ version: 1 });
    await cache.get('b', source.load);
    expect(await cache.get('a', source.load)).toEqual({ version: 2 });
    source.version = 3;
    source.last.doubt();
    expect(await cache.get('a', source.load)).toEqual({ version: 3 });
  });

  it('is loaded by one at a time', async () => {
    const cache = source.cache();
    source.slow = true;
    const both = [cache.load('a', source.load), cache.load('a', source.load)];
    source.answer();
    expect(await Promise.all(both)).toEqual([{ version: 1 }, { version: 1 }]);
    expect(source.loads).toBe(1);
  });

  it('is not what was on its way when the version rose', async () => {
    const cache = source.cache();
    source.slow = true;
    const before = cache.load('a', source.load);
    source.version = 2;
    source.slow = false;
    const after = cache.fresh('a', source.load);
    await vi.advanceTimersByTimeAsync(0);
    source.answer();
    expect(await before).toEqual({ version: 1 });
    expect(await after).toEqual({ version: 2 });
    expect(cache.peek('a')).toEqual({ version: 2 });
  });

  it('is never replaced by an older answer that comes late', async () => {
    const cache = source.cache();
    source.slow = true;
    const late = cache.load('a', source.load);
    cache.set('a', { version: 2 });
    source.answer();
    await late;
    expect(cache.peek('a')).toEqual({ version: 2 });
  });

  it('is not kept when it was forgotten on its way, and whoever asks later does not share it', async () => {
    const cache = source.cache();
    source.slow = true;
    const before = cache.load('a', source.load);
    cache.forget();
    source.slow = false;
    const after = await cache.get('a', source.load);
    cache.delete('a');
    source.answer();
    await before;
    expect([after, source.loads, cache.peek('a')]).toEqual([{ version: 1 }, 2, undefined]);
  });

  it('stays while the version cannot be asked, for as long as it may', async () => {
    const cache = source.cache({ maxAgeMs: 30_000 });
    await cache.get('a', source.load);
    source.away = true;
    vi.advanceTimersByTime(29_000);
    expect(await cache.get('a', source.load)).toEqual({ version: 1 });
    vi.advanceTimersByTime(1_000);
    await expect(cache.get('a', source.load)).rejects.toThrow('away');
    await expect(cache.fresh('a', source.load)).rejects.toThrow('away');
  });

  it('is given out when it cannot be loaded again, within its bound, and not after a "no"', async () => {
    const cache = source.cache({ maxAgeMs: 1_000, keepMs: 5_000 });
    await cache.get('a', source.load);
    source.away = true;
    vi.advanceTimersByTime(4_999);
    expect(await cache.get('a', source.load)).toEqual({ version: 1 });
    const refuse = (): Promise<Value> => Promise.reject(new CallError('NOT_FOUND', 'gone'));
    await expect(cache.get('a', refuse)).rejects.toThrow('gone');
    vi.advanceTimersByTime(2);
    await expect(cache.get('a', source.load)).rejects.toThrow('away');
    cache.purge();
    expect(cache.size).toBe(0);
  });

  it('goes when there is too much of it, the longest unused first', async () => {
    const cache = source.cache({ limit: { size: 2, sizeOf: () => 1 } });
    for (const key of ['a', 'b', 'a', 'c']) await cache.get(key, source.load);
    expect(['a', 'b', 'c'].map((key) => cache.peek(key) !== undefined)).toEqual([true, false, true]);
  });
});
