import { CallError } from '@perennial/contracts-kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LastVersion } from './last-version';
import { VersionedCache, type VersionedCacheOptions } from './versioned-cache';

interface Value {
  version: number;
}

/** The cached source: a row with a version. The test decides when it answers. */
class Source {
  version = 1;
  loads = 0;
  asked = 0;
  away = false;
  /** Replies wait until `answer` is called. */
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

  /** Sends the reply that has waited longest. */
  answer(): void {
    this.held.shift()?.();
  }

  private async reply(version: number): Promise<number> {
    if (this.away) throw new CallError('UNAVAILABLE', 'away');
    if (this.slow) await new Promise<void>((resolve) => this.held.push(resolve));
    return version;
  }
}

describe('a cached value', () => {
  let source: Source;
  beforeEach(() => {
    vi.useFakeTimers();
    source = new Source();
  });
  afterEach(() => void vi.useRealTimers());

  it('is loaded once per version, and the version is read once per `believedMs`', async () => {
    const cache = source.cache();
    for (let n = 0; n < 5; n += 1) await cache.get('a', source.load);
    vi.advanceTimersByTime(1_001);
    await Promise.all([cache.get('a', source.load), cache.get('a', source.load)]);
    expect([source.loads, source.asked]).toEqual([1, 1]);
  });

  it('is loaded again when another value shows a newer version', async () => {
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

  it('is loaded once at a time', async () => {
    const cache = source.cache();
    source.slow = true;
    const both = [cache.load('a', source.load), cache.load('a', source.load)];
    source.answer();
    expect(await Promise.all(both)).toEqual([{ version: 1 }, { version: 1 }]);
    expect(source.loads).toBe(1);
  });

  it('is not one whose load began before the version rose', async () => {
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

  it('is never replaced by an older reply that arrives later', async () => {
    const cache = source.cache();
    source.slow = true;
    const late = cache.load('a', source.load);
    cache.set('a', { version: 2 });
    source.answer();
    await late;
    expect(cache.peek('a')).toEqual({ version: 2 });
  });

  it('is loaded again when its source went back to an older version', async () => {
    const cache = source.cache();
    source.version = 5;
    await cache.get('a', source.load);
    source.version = 3;
    expect(await cache.fresh('a', source.load)).toEqual({ version: 3 });
    source.version = 4;
    expect(await cache.fresh('a', source.load)).toEqual({ version: 4 });
    expect(source.loads).toBe(3);
  });

  it('is not kept if its load began before the source went back', async () => {
    const cache = source.cache();
    source.version = 5;
    await source.last.now();
    source.slow = true;
    const before = cache.load('a', source.load);
    source.slow = false;
    source.version = 3;
    await source.last.now();
    source.answer();
    await before;
    expect(await cache.get('a', source.load)).toEqual({ version: 3 });
  });

  it('stays when a reading of an older version arrives late', async () => {
    const cache = source.cache();
    await cache.get('a', source.load);
    source.slow = true;
    const late = source.last.now();
    source.slow = false;
    source.version = 2;
    await cache.fresh('a', source.load);
    source.answer();
    await late;
    expect(await cache.get('a', source.load)).toEqual({ version: 2 });
    expect(source.loads).toBe(2);
  });

  it('is checked after a notice that came while it was loaded, or while its version was read', async () => {
    const cache = source.cache();
    for (const read of [() => cache.load('a', source.load), () => source.last.confirm()]) {
      vi.advanceTimersByTime(1_001);
      source.slow = true;
      const before = read();
      source.slow = false;
      source.version += 1;
      source.last.doubt();
      source.answer();
      await before;
      expect(await cache.get('a', source.load)).toEqual({ version: source.version });
    }
  });

  it('is not kept if it was invalidated during its load, and later callers do not share that load', async () => {
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

  it('stays for `keepMs` while the version cannot be read', async () => {
    const cache = source.cache({ maxAgeMs: 30_000 });
    await cache.get('a', source.load);
    source.away = true;
    vi.advanceTimersByTime(29_000);
    expect(await cache.get('a', source.load)).toEqual({ version: 1 });
    vi.advanceTimersByTime(1_000);
    await expect(cache.get('a', source.load)).rejects.toThrow('away');
    await expect(cache.fresh('a', source.load)).rejects.toThrow('away');
  });

  it('is returned for `keepMs` when it cannot be loaded again, but not after a permanent error', async () => {
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

  it('is evicted when the cache is full, least recently used first', async () => {
    const cache = source.cache({ limit: { size: 2, sizeOf: () => 1 } });
    for (const key of ['a', 'b', 'a', 'c']) await cache.get(key, source.load);
    expect(['a', 'b', 'c'].map((key) => cache.peek(key) !== undefined)).toEqual([true, false, true]);
  });
});
