import { context, trace, TraceFlags } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Metrics, sharedReading } from './metrics';

const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
const TRACE = '0af7651916cd43dd8448eb211c80319c';

describe('the format of metrics', () => {
  beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
  afterAll(() => context.disable());

  function observed(traceFlags: TraceFlags): Metrics {
    const metrics = new Metrics('chat');
    metrics.counter('things_total', 'Things').inc();
    const span = trace.wrapSpanContext({ traceId: TRACE, spanId: 'b7ad6b7169203331', traceFlags });
    context.with(trace.setSpan(context.active(), span), () =>
      metrics.histogram('thing_seconds', 'Duration', ['kind'], [1, 2]).observe({ kind: 'a' }, 1.5),
    );
    return metrics;
  }

  it('is the one that the scraper accepts, however often and in whichever order it is asked', async () => {
    const metrics = observed(TraceFlags.NONE);
    for (let scrape = 0; scrape < 2; scrape += 1) {
      const open = await metrics.text(OPEN_METRICS);
      expect(open.contentType).toContain('application/openmetrics-text');
      expect(open.body).toContain('# TYPE perennial_things counter\nperennial_things_total{service="chat"} 1');
      expect(open.body).toMatch(/# EOF\n$/);
      const plain = await metrics.text('*/*');
      expect(plain.contentType).toContain('text/plain');
      expect(plain.body).toContain('# TYPE perennial_things_total counter\nperennial_things_total{service="chat"} 1');
    }
  });

  it('has the trace of a recorded request beside its bucket, in OpenMetrics only', async () => {
    const metrics = observed(TraceFlags.SAMPLED);
    const bucket = 'perennial_thing_seconds_bucket{le="2",service="chat",kind="a"} 1';
    expect((await metrics.text(OPEN_METRICS)).body).toContain(`${bucket} # {trace_id="${TRACE}"} 1.5`);
    expect((await metrics.text()).body).toContain(`${bucket}\n`);
  });

  it('has no exemplar of a trace that is not recorded: nobody could open it', async () => {
    expect((await observed(TraceFlags.NONE).text(OPEN_METRICS)).body).not.toContain(TRACE);
  });

  it('is complete although a store hangs or fails, without the values that it would have given', async () => {
    const metrics = new Metrics('chat');
    const hanging = sharedReading(() => new Promise<number>(() => undefined), -1);
    metrics.gauge('hangs', 'Hangs', [], async (gauge) => gauge.set(await hanging()));
    metrics.gauge('hangs_longer', 'Hangs', [], () => new Promise(() => undefined));
    metrics.gauge('fails', 'Fails', [], () => Promise.reject(new Error('away')));
    metrics.counter('things_total', 'Things').inc();
    const { body } = await metrics.text();
    expect(body).toContain('perennial_hangs{service="chat"} -1');
    expect(body).toContain('perennial_things_total{service="chat"} 1');
  });

  it('counts what several owners of one metric collect', async () => {
    const metrics = new Metrics('chat');
    for (const pool of ['main', 'heavy'])
      metrics.gauge('connections', 'Connections', ['pool'], (gauge) => gauge.set({ pool }, 3));
    const { body } = await metrics.text();
    for (const pool of ['main', 'heavy'])
      expect(body).toContain(`perennial_connections{pool="${pool}",service="chat"} 3`);
  });
});
