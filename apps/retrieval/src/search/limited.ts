import { ConcurrencyLimiter } from '../embedding/concurrency-limiter';

/** Maps with at most `limit` calls of `work` at once, in order. The first failure is the result; no further call begins. */
export function mapLimited<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const limiter = new ConcurrencyLimiter(limit);
  return Promise.all(items.map((item) => limiter.run(() => work(item).catch(limiter.fail))));
}
