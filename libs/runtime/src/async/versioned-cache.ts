import { isTransient } from '@perennial/contracts-kernel';
import { LRUCache } from 'lru-cache';
import type { LastVersion } from './last-version';

export interface VersionedCacheOptions<V> {
  /** The last version, and that of a value. Without them a value ends by its age, or when it is forgotten. */
  version?: { last: LastVersion; of(value: V): number };
  /** Milliseconds after which a value is loaded again although its version is still the last one. */
  maxAgeMs?: number;
  /** Milliseconds from its loading for which a value that is not current is given out while its source is away; none unless given. */
  keepMs?: number;
  /** The most that is kept: values, or the sum of their sizes. What was not used for the longest time goes first. */
  limit?: { values: number } | { size: number; sizeOf(value: V): number };
}

interface Entry<V> {
  value: V;
  /** When its loading ended. */
  at: number;
}

interface Loading<V> {
  result: Promise<V>;
  /** Something was forgotten since it began: what it brings may be what was forgotten. */
  isOutdated: boolean;
}

/**
 * What another service or the database has, as this process has seen it last. A value is current while no higher version was seen, and it is
 * young enough.
 * - An answer of an older version never replaces a newer one, however late it comes.
 * - What was loaded while something was forgotten is not kept, and nobody who asks later is given it.
 * - One loading at a time for each key; whoever asks meanwhile shares it, unless it brings a version that is known to be old.
 */
export class VersionedCache<V extends object> {
  private readonly entries: LRUCache<string, Entry<V>>;
  private readonly loadings = new Map<string, Loading<V>>();

  constructor(private readonly options: VersionedCacheOptions<V>) {
    const { limit = { values: 1 }, maxAgeMs, keepMs = 0 } = options;
    this.entries = new LRUCache({
      ...('size' in limit
        ? { maxSize: limit.size, sizeCalculation: ({ value }: Entry<V>) => limit.sizeOf(value) }
        : { max: limit.values }),
      // What may never be given out again takes no memory.
      ...(maxAgeMs === undefined || keepMs === Infinity ? {} : { ttl: Math.max(maxAgeMs, keepMs), perf: Date }),
    });
  }

  /** Values in memory, also those that are too old until the next `purge`. */
  get size(): number {
    return this.entries.size;
  }

  /** The last value, current or not. */
  peek(key: string): V | undefined {
    return this.entries.get(key)?.value;
  }

  /** The value if it is current; asks for the version where that was not told lately. What is known stays while it cannot be asked. */
  async current(key: string): Promise<V | undefined> {
    if (!this.entries.has(key)) return undefined;
    await this.options.version?.last.confirm().catch(() => undefined);
    return this.currentNow(key);
  }

  /** The current value. @throws what `load` throws, unless its source is away and a value may be given out that is not current */
  async get(key: string, load: () => Promise<V>): Promise<V> {
    const current = await this.current(key);
    if (current) return current;
    try {
      return await this.load(key, load);
    } catch (error) {
      const known = this.entries.get(key);
      if (known && isTransient(error) && Date.now() - known.at < (this.options.keepMs ?? 0)) return known.value;
      throw error;
    }
  }

  /** The value of the version that is the last one now. @throws also when that cannot be asked */
  async fresh(key: string, load: () => Promise<V>): Promise<V> {
    await this.options.version?.last.now();
    return this.currentNow(key) ?? this.load(key, load);
  }

  /** Loads the value, whatever is known. */
  async load(key: string, load: () => Promise<V>): Promise<V> {
    const shared = this.loadings.get(key);
    const value = await (shared ?? this.begin(key, load)).result;
    // One that was under way may have begun before the change that made the version rise.
    if (!shared || this.isOfLast(value)) return value;
    return (this.loadings.get(key) ?? this.begin(key, load)).result;
  }

  delete(key: string): void {
    this.entries.delete(key);
    this.disown(key);
  }

  /** Values that must not be given out again; all unless some are named. */
  forget(matches: (value: V, key: string) => boolean = () => true): void {
    for (const [key, { value }] of this.entries.entries()) if (matches(value, key)) this.entries.delete(key);
    // Whose values those will be is not known yet.
    for (const key of this.loadings.keys()) this.disown(key);
  }

  /** Frees the memory of values that are too old. */
  purge(): void {
    this.entries.purgeStale();
  }

  /** Keeps a value that came with another one. */
  set(key: string, value: V): void {
    const known = this.entries.get(key);
    if (known && this.versionOf(known.value) > this.versionOf(value)) return;
    this.entries.set(key, { value, at: Date.now() });
    this.options.version?.last.saw(this.versionOf(value));
  }

  private currentNow(key: string): V | undefined {
    const known = this.entries.get(key);
    if (!known || Date.now() - known.at >= (this.options.maxAgeMs ?? Infinity)) return undefined;
    return this.isOfLast(known.value) ? known.value : undefined;
  }

  private disown(key: string): void {
    const loading = this.loadings.get(key);
    if (loading) loading.isOutdated = true;
    this.loadings.delete(key);
  }

  private begin(key: string, load: () => Promise<V>): Loading<V> {
    const loading: Loading<V> = {
      isOutdated: false,
      result: load()
        .then((value) => {
          if (!loading.isOutdated) this.set(key, value);
          return value;
        })
        .finally(() => {
          if (this.loadings.get(key) === loading) this.loadings.delete(key);
        }),
    };
    this.loadings.set(key, loading);
    return loading;
  }

  /** Of the last version that was told, or of a later one. */
  private isOfLast(value: V): boolean {
    const { version } = this.options;
    return !version || version.of(value) >= version.last.value;
  }

  private versionOf(value: V): number {
    return this.options.version?.of(value) ?? 0;
  }
}
