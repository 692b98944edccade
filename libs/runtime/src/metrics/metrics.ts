import { isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';
import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';
import { waitAtMost, withTimeout } from '../async/waiting';
import { type Exposition, exposition } from './exposition';

export type { Counter, Gauge } from 'prom-client';

const PREFIX = 'perennial_';

/** Seconds: from a cached read to a slow provider. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** A store that hangs must not keep a scraper from the other metrics, which show why; scrapers wait for 10 s. */
const READING_MS = 1_000;
const COLLECT_MS = 1_500;

/** Sets or adds at scrape time what a metric says. */
type Collect<M> = (metric: M) => void | Promise<void>;

/** A distribution of durations or sizes. */
export interface Distribution<L extends string> {
  /** The active trace, if it is recorded, becomes the exemplar of the value's bucket. */
  observe(labels: Record<L, string>, value: number): void;
}

/**
 * The metrics of one process. Names omit the `perennial_` prefix; a repeated name returns the same metric, so two classes may share one.
 * Labels must have few values: never a user, chat or run id. docs/metrics.md is made from the calls of `counter`, `gauge` and `histogram`,
 * so names, texts and labels are literals there.
 */
export class Metrics {
  /** Of OpenMetrics, because only it has exemplars; scrapers get the format that they ask for. */
  private readonly registry = new Registry<OpenMetricsContentType>();
  private readonly collectors = new Map<string, Collect<never>[]>();

  constructor(private readonly service: string) {
    this.registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
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
    collect?: Collect<Counter<L>>,
  ): Counter<L> {
    return this.once(name, collect, (options) => new Counter<L>({ ...options, help, labelNames }));
  }

  /** @param collect sets the value at scrape time; synchronous or not. Several callers may each set the series of their own labels. */
  gauge<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    collect?: Collect<Gauge<L>>,
  ): Gauge<L> {
    return this.once(name, collect, (options) => new Gauge<L>({ ...options, help, labelNames }));
  }

  /** @param name in the form `thing_seconds` or `thing_bytes`; buckets suit seconds unless given */
  histogram<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    buckets: readonly number[] = DURATION_BUCKETS,
  ): Distribution<L> {
    const histogram = this.once<Histogram<L>>(
      name,
      undefined,
      (options) => new Histogram<L>({ ...options, help, labelNames, buckets: [...buckets], enableExemplars: true }),
    );
    return { observe: (labels, value) => histogram.observe({ labels, value, exemplarLabels: exemplar() }) };
  }

  /** All metrics as text. @param accept the scraper's `Accept` header */
  text(accept = ''): Promise<Exposition> {
    return exposition(this.registry.getMetricsAsArray(), { service: this.service }, accept);
  }

  private once<M>(
    name: string,
    collect: Collect<M> | undefined,
    create: (options: {
      name: string;
      registers: Registry<OpenMetricsContentType>[];
      collect?(this: M): Promise<void>;
    }) => M,
  ): M {
    const fullName = name.startsWith(PREFIX) ? name : `${PREFIX}${name}`;
    const collectors = (this.collectors.get(fullName) ?? []) as Collect<M>[];
    this.collectors.set(fullName, collectors as Collect<never>[]);
    if (collect) collectors.push(collect);
    const known = this.registry.getSingleMetric(fullName) as M | undefined;
    if (known) return known;
    return create({
      name: fullName,
      registers: [this.registry],
      async collect(this: M) {
        const collected = Promise.all(collectors.map(async (each) => each(this)));
        await waitAtMost(collected, COLLECT_MS).catch(() => undefined);
      },
    });
  }
}

/**
 * For several gauges that show parts of one reading: those of one scrape share it.
 *
 * @param unknown what they show when the reading fails or takes too long
 */
export function sharedReading<T>(read: () => Promise<T>, unknown: T): () => Promise<T> {
  let reading: Promise<T> | undefined;
  const late = (): Error => new Error('reading for metrics takes too long');
  return () =>
    (reading ??= withTimeout(read(), READING_MS, late)
      .catch(() => unknown)
      .finally(() => (reading = undefined)));
}

const NONE = {};

function exemplar(): Partial<Record<string, string>> {
  const context = trace.getActiveSpan()?.spanContext();
  const isRecorded = context && isSpanContextValid(context) && (context.traceFlags & TraceFlags.SAMPLED) !== 0;
  return isRecorded ? { trace_id: context.traceId } : NONE;
}
