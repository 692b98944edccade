import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const PREFIX = 'perennial_';

/** Seconds: from a cached read to a slow provider. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * The metrics of one process. Names omit the `perennial_` prefix; a repeated name returns the same metric, so two classes may share one.
 * Labels must have few values: never a user, chat or run id.
 */
export class Metrics {
  readonly registry = new Registry();

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
  }

  /**
   * @param name in the form `things_total`
   *
   * @param collect adds at scrape time what was counted since the last scrape
   */
  counter<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    collect?: (counter: Counter<L>) => void,
  ): Counter<L> {
    return this.once(name, (fullName) => new Counter<L>(this.collected(fullName, help, labelNames, collect)));
  }

  /** @param collect sets the value at scrape time; synchronous or not */
  gauge<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    collect?: (gauge: Gauge<L>) => void | Promise<void>,
  ): Gauge<L> {
    return this.once(name, (fullName) => new Gauge<L>(this.collected(fullName, help, labelNames, collect)));
  }

  /** @param name in the form `thing_seconds` or `thing_bytes`; buckets suit seconds unless given */
  histogram<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    buckets: readonly number[] = DURATION_BUCKETS,
  ): Histogram<L> {
    return this.once(
      name,
      (fullName) =>
        new Histogram<L>({ name: fullName, help, labelNames, buckets: [...buckets], registers: [this.registry] }),
    );
  }

  /** Options of a metric whose value is collected at scrape time. */
  private collected<M, L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    collect: ((metric: M) => void | Promise<void>) | undefined,
  ) {
    const asked = collect && {
      collect(this: M) {
        return collect(this);
      },
    };
    return { name, help, labelNames, registers: [this.registry], ...asked };
  }

  private once<M>(name: string, create: (fullName: string) => M): M {
    const fullName = name.startsWith(PREFIX) ? name : `${PREFIX}${name}`;
    return (this.registry.getSingleMetric(fullName) as M | undefined) ?? create(fullName);
  }
}
