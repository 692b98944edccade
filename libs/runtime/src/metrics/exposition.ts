import { type Metric, Registry, type RegistryContentType } from 'prom-client';

/** The answer to a scraper. */
export interface Exposition {
  contentType: string;
  body: string;
}

/**
 * Metrics in the format that the scraper accepts: OpenMetrics, which has exemplars, or Prometheus's text. `Registry.metrics()` renames the
 * counters of an OpenMetrics registry for good, so each scrape renders views of the metrics in a registry of its own.
 */
export async function exposition(
  metrics: readonly object[],
  labels: Readonly<Record<string, string>>,
  accept: string,
): Promise<Exposition> {
  const registry = new Registry<RegistryContentType>();
  if (accept.includes('application/openmetrics-text')) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  registry.setDefaultLabels(labels);
  // A view inherits the values; only its name is its own.
  for (const metric of metrics) registry.registerMetric(Object.create(metric) as Metric);
  return { contentType: registry.contentType, body: await registry.metrics() };
}
