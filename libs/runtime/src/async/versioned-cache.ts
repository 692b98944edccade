import { isTransient } from '@perennial/contracts-kernel';
import { LRUCache } from 'lru-cache';
import type { LastVersion, ReadStart } from './last-version';

export interface VersionedCacheOptions<V> {
  /** The latest version, and the version of a value. Without them a value expires by its age or is invalidated. */
  version?: { last: LastVersion; of(value: V): number };
  /** Milliseconds after which a value is loaded again although its version is still the latest. */
  maxAgeMs?: number;
  /** Milliseconds after its load for which a stale value is returned while its source is unavailable. Default: none. */
  keepMs?: number;
  /** The limit of the cache: a number of values, or a sum of their sizes. The least recently used are evicted first. */
  limit?: { values: number } | { size: number; sizeOf(value: V): number };
}

interface Entry<V> {
  value: V;
  /** When its load ended. */
  at: number;
  /** The era of its version. */
  era: number;
}

interface Loading<V> {
  result: Promise<V>;
  start: ReadStart | undefined;
  /** An invalidation happened since the load began: its value may be the invalidated one. */
  isOutdated: boolean;
}

/**
 * A cache of values that another service or the database owns. A value is current while this process has seen no higher version and the value
 * is young enough.
 * - A value of an older version never replaces a newer one, however late it arrives, unless the source itself went back (`LastVersion`).
 * - A value whose load was in progress at an invalidation is not kept, and later callers do not get it.
 * - One load at a time for each key; concurrent callers share it, unless it brings a version that is known to be old.
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
      // Values that may never be returned again take no memory.
      ...(maxAgeMs === undefined || keepMs === Infinity ? {} : { ttl: Math.max(maxAgeMs, keepMs), perf: Date }),
    });
  }

  /** The number of values in memory, including expired ones until the next `purge`. */
  get size(): number {
    return this.entries.size;
  }

  /** The last value, current or not. */
  peek(key: string): V | undefined {
    return this.entries.get(key)?.value;
  }

  /**
   * The value if it is current. Reads the version if the last reading is too old; while that fails, the cached value stays.
   */
  async current(key: string): Promise<V | undefined> {
    if (!this.entries.has(key)) return undefined;
    await this.options.version?.last.confirm().catch(() => undefined);
    return this.currentNow(key);
  }

  /**
   * The current value.
   *
   * @throws the error of `load`, unless the source is unavailable and a stale value may be returned
   */
  async get(key: string, load: () => Promise<V>): Promise<V> {
    const current = await this.current(key);
    if (current) return current;
    try {
      return await this.load(key, load);
    } catch (error) {
      const kept = this.kept(key, error);
      if (kept) return kept;
      throw error;
    }
  }

  /** The stale value that may be returned after this error of its source. */
  kept(key: string, error: unknown): V | undefined {
    const known = this.entries.get(key);
    return known && isTransient(error) && performance.now() - known.at < (this.options.keepMs ?? 0)
      ? known.value
      : undefined;
  }

  /**
   * The value of the latest version, which is read now.
   *
   * @throws also when the version cannot be read
   */
  async fresh(key: string, load: () => Promise<V>): Promise<V> {
    await this.options.version?.last.now();
    return this.currentNow(key) ?? this.load(key, load);
  }

  /** The value of this version or a later one, after a notice of the version: nothing is read if it is here already. */
  async reach(key: string, version: number, load: () => Promise<V>): Promise<V> {
    this.options.version?.last.saw(version);
    return this.get(key, load);
  }

  /** Loads the value in any case. */
  async load(key: string, load: () => Promise<V>): Promise<V> {
    const shared = this.loadings.get(key);
    const value = await (shared ?? this.begin(key, load)).result;
    // A load in progress may have begun before the change that raised the version.
    if (!shared || this.isOfLast(value, shared.start?.era)) return value;
    return (this.loadings.get(key) ?? this.begin(key, load)).result;
  }

  delete(key: string): void {
    this.entries.delete(key);
    this.disown(key);
  }

  /** Invalidates values; all of them without an argument. */
  forget(matches: (value: V, key: string) => boolean = () => true): void {
    for (const [key, { value }] of this.entries.entries()) if (matches(value, key)) this.entries.delete(key);
    // It is not known yet whether their values match.
    for (const key of this.loadings.keys()) this.disown(key);
  }

  /** Removes expired values. */
  purge(): void {
    this.entries.purgeStale();
  }

  /** Stores a value that arrived with another one. */
  set(key: string, value: V): void {
    this.keep(key, value);
  }

  private currentNow(key: string): V | undefined {
    const known = this.entries.get(key);
    if (!known || performance.now() - known.at >= (this.options.maxAgeMs ?? Infinity)) return undefined;
    return this.isOfLast(known.value, known.era) ? known.value : undefined;
  }

  /** @param start the moment at which the load of the value began */
  private keep(key: string, value: V, start?: ReadStart): void {
    const last = this.options.version?.last;
    const era = last?.era ?? 0;
    if (start && start.era !== era) return;
    const known = this.entries.get(key);
    if (known?.era === era && this.versionOf(known.value) > this.versionOf(value)) return;
    this.entries.set(key, { value, at: performance.now(), era });
    last?.saw(this.versionOf(value), start);
  }

  private disown(key: string): void {
    const loading = this.loadings.get(key);
    if (loading) loading.isOutdated = true;
    this.loadings.delete(key);
  }

  private begin(key: string, load: () => Promise<V>): Loading<V> {
    const start = this.options.version?.last.start();
    const loading: Loading<V> = {
      isOutdated: false,
      start,
      result: load()
        .then((value) => {
          if (!loading.isOutdated) this.keep(key, value, start);
          return value;
        })
        .finally(() => {
          if (this.loadings.get(key) === loading) this.loadings.delete(key);
        }),
    };
    this.loadings.set(key, loading);
    return loading;
  }

  /** Whether the value has the latest known version or a later one. */
  private isOfLast(value: V, era: number | undefined): boolean {
    const { version } = this.options;
    return !version || (era === version.last.era && version.of(value) >= version.last.value);
  }

  private versionOf(value: V): number {
    return this.options.version?.of(value) ?? 0;
  }
}
