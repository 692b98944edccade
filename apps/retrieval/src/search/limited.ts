import { Slots } from '../embedding/slots';

/** Maps with at most `limit` calls of `work` at once, in order. The first failure is the result; no further call begins. */
export function mapLimited<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const slots = new Slots(limit);
  return Promise.all(items.map((item) => slots.run(() => work(item).catch(slots.fail))));
}
