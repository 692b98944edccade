import { type BreakerOptions, CircuitBreaker, DEFAULT_BREAKER, inSpan, retry, withTimeout } from '@perennial/runtime';
import type { CheckedFilter, Driver, DriverFacts, DriverQuery, DriverWordQuery, StoredPoint, WordHit } from '../driver';
import { StoreUnavailableError } from '../errors';
import type { CollectionInfo, Hit, PointRef } from '../types';

/** In milliseconds, for one attempt. */
export interface StoreTimeouts {
  /** Search, count, one page of a scroll, health. */
  read: number;
  /** One batch of points; a deletion. */
  write: number;
  /** Making and dropping collections and their indexes. */
  admin: number;
}

export const DEFAULT_TIMEOUTS: StoreTimeouts = { read: 5_000, write: 60_000, admin: 60_000 };

export interface ResilienceOptions {
  timeouts?: StoreTimeouts;
  breaker?: typeof DEFAULT_BREAKER & Pick<BreakerOptions, 'now'>;
}

/** In which a call is recorded. */
type Span = Parameters<Parameters<typeof inSpan>[2]>[0];

/** Pauses before the second and third attempt, in milliseconds, with a jitter of half to one and a half. */
const PAUSES = [60, 300];

/**
 * A driver with time-outs. A failed connection is retried twice, with jitter: every method is idempotent (points are written by id, deletions
 * by filter). A time-out is not retried: it would add to the load that caused it. Consecutive calls that fail open a `CircuitBreaker`; one with
 * its attempts, or with both halves of a search, counts once.
 */
export class ResilientDriver implements Driver, DriverFacts {
  private readonly breaker: CircuitBreaker;
  private readonly timeouts: StoreTimeouts;

  private driver?: Promise<Driver>;

  /** @param load called once, by the first call, so that the client of another store is never loaded */
  constructor(
    private readonly facts: DriverFacts,
    private readonly load: () => Promise<Driver>,
    options: ResilienceOptions = {},
  ) {
    this.breaker = new CircuitBreaker({
      ...(options.breaker ?? DEFAULT_BREAKER),
      isAway: (error) => error instanceof StoreUnavailableError,
      refusal: (retryAfterMs) =>
        new StoreUnavailableError('the vector store does not answer; the next attempt is in a moment', {
          retryAfterMs,
        }),
    });
    this.timeouts = options.timeouts ?? DEFAULT_TIMEOUTS;
  }

  get system(): string {
    return this.facts.system;
  }

  get capabilities() {
    return this.facts.capabilities;
  }

  get batchSize(): number {
    return this.facts.batchSize;
  }

  ensure(name: string, dimension: number): Promise<void> {
    return this.call('ensure', name, 'admin', (driver) => driver.ensure(name, dimension));
  }

  drop(name: string): Promise<void> {
    return this.call('drop', name, 'admin', (driver) => driver.drop(name));
  }

  list(): Promise<CollectionInfo[]> {
    return this.call('list', undefined, 'admin', (driver) => driver.list());
  }

  describe(name: string): Promise<CollectionInfo | undefined> {
    return this.call('describe', name, 'read', (driver) => driver.describe(name));
  }

  write(name: string, points: readonly StoredPoint[]): Promise<void> {
    return this.call('write', name, 'write', (driver) => driver.write(name, points));
  }

  delete(name: string, filter: CheckedFilter): Promise<void> {
    return this.call('delete', name, 'write', (driver) => driver.delete(name, filter));
  }

  search(name: string, query: DriverQuery): Promise<Hit[]> {
    return this.call('search', name, 'read', (driver) => driver.search(name, query));
  }

  searchWords(name: string, query: DriverWordQuery): Promise<WordHit[]> {
    return this.call('search_words', name, 'read', (driver) => driver.searchWords(name, query));
  }

  /**
   * Both halves of a hybrid search at once. If only the words are away or slow, the meaning is the whole answer. They have half of the time,
   * so that it is still in time.
   */
  searchBoth(name: string, meaning: DriverQuery, words: DriverWordQuery): Promise<[Hit[], WordHit[]]> {
    return this.call('search_both', name, 'read', async (driver, span) => {
      const over = new AbortController();
      const attempt = () => driver.searchWords(name, words);
      const worded = inTime(this.timeouts.read / 2, () => retry(attempt, { pauseMs: pauseAfter, signal: over.signal }));
      try {
        return await Promise.all([
          driver.search(name, meaning),
          worded.catch((error: unknown): WordHit[] => {
            if (!(error instanceof StoreUnavailableError)) throw error;
            span.setAttribute('perennial.without_words', true);
            return [];
          }),
        ]);
      } finally {
        over.abort();
      }
    });
  }

  count(name: string, filter: CheckedFilter): Promise<number> {
    return this.call('count', name, 'read', (driver) => driver.count(name, filter));
  }

  page(name: string, filter: CheckedFilter, after: string | undefined, limit: number): Promise<PointRef[]> {
    return this.call('scroll', name, 'read', (driver) => driver.page(name, filter, after, limit));
  }

  vectors(name: string, ids: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    return this.call('vectors', name, 'read', (driver) => driver.vectors(name, ids));
  }

  /** Calls the store even while the breaker is open; a reply closes it. */
  health(): Promise<void> {
    return this.breaker.run(() => inTime(this.timeouts.read, async () => (await this.loaded()).health()), {
      probe: true,
    });
  }

  async close(): Promise<void> {
    await (await this.driver?.catch(() => undefined))?.close();
  }

  private loaded(): Promise<Driver> {
    this.driver ??= this.load().catch((cause: unknown) => {
      this.driver = undefined;
      throw new StoreUnavailableError('the client of the vector store cannot be loaded', { cause });
    });
    return this.driver;
  }

  private call<T>(
    operation: string,
    collection: string | undefined,
    kind: keyof StoreTimeouts,
    work: (driver: Driver, span: Span) => Promise<T>,
  ): Promise<T> {
    const attributes = {
      'db.system.name': this.system,
      'db.operation.name': operation,
      ...(collection === undefined ? {} : { 'db.collection.name': collection }),
    };
    return inSpan(`vectors ${operation}`, { attributes }, async (span) => {
      const driver = await this.loaded();
      const attempt = () => inTime(this.timeouts[kind], () => work(driver, span));
      const pauseMs = (error: unknown, attempts: number): number | undefined => {
        const pause = pauseAfter(error, attempts);
        if (pause !== undefined) span.setAttribute('perennial.retries', attempts);
        return pause;
      };
      return this.breaker.run(() => retry(attempt, { pauseMs }));
    });
  }
}

/** Before the next attempt after a failed connection; there is none after a time-out. */
function pauseAfter(error: unknown, attempts: number): number | undefined {
  const pause = PAUSES[attempts - 1];
  if (pause === undefined || !(error instanceof StoreUnavailableError) || error.timedOut) return undefined;
  return pause * (0.5 + Math.random());
}

function inTime<T>(ms: number, work: () => Promise<T>): Promise<T> {
  return withTimeout(
    work(),
    ms,
    () => new StoreUnavailableError(`the vector store did not answer within ${ms} ms`, { timedOut: true }),
  );
}
