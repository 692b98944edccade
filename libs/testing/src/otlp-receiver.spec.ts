import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver';

describe('startOtlpReceiver', () => {
  let receiver: OtlpReceiver;
  beforeAll(async () => {
    receiver = await startOtlpReceiver();
  });
  afterAll(() => receiver.stop());

  it('reads what the real exporter sends as protobuf', async () => {
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'under-test' }),
      spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${receiver.url}/v1/traces` }))],
    });
    const tracer = provider.getTracer('the-scope');
    const before = tracer.startSpan('before');
    const root = tracer.startSpan('root', {
      kind: SpanKind.SERVER,
      attributes: { text: 'é', count: -3, ratio: 0.5, yes: true, list: ['a', 'b'] },
      links: [{ context: before.spanContext(), attributes: { why: 'earlier' } }],
    });
    const child = tracer.startSpan('child', {}, trace.setSpan(context.active(), root));
    child.addEvent('first token', { n: 1 });
    child.setStatus({ code: SpanStatusCode.ERROR, message: 'broke' });
    child.end();
    root.end();
    before.end();
    await provider.forceFlush();

    const seen = await receiver.waitForSpan((span) => span.name === 'root');
    expect(seen).toMatchObject({
      kind: 2,
      parentSpanId: '',
      scope: 'the-scope',
      attributes: { text: 'é', count: -3, ratio: 0.5, yes: true, list: ['a', 'b'] },
      links: [{ ...pick(before.spanContext()), attributes: { why: 'earlier' } }],
    });
    expect(seen.resource['service.name']).toBe('under-test');
    expect(seen.endTime).toBeGreaterThanOrEqual(seen.startTime);
    expect(receiver.trace(seen.traceId).find((span) => span.name === 'child')).toMatchObject({
      parentSpanId: seen.spanId,
      events: [{ name: 'first token', attributes: { n: 1 } }],
      status: { code: 2, message: 'broke' },
    });
    await provider.shutdown();
  });

  it('reads JSON and rejects a request that it cannot parse', async () => {
    const span = {
      ...{ traceId: 'a1', spanId: 'b2', name: 'json', startTimeUnixNano: '1', endTimeUnixNano: '2' },
      attributes: [{ key: 'n', value: { intValue: '7' } }],
    };
    const send = (body: string): Promise<Response> =>
      fetch(`${receiver.url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect((await send(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }))).status).toBe(200);
    expect(receiver.spans.find(({ name }) => name === 'json')?.attributes).toEqual({ n: 7 });
    expect((await send('{')).status).toBe(400);
  });
});

function pick({ traceId, spanId }: { traceId: string; spanId: string }): { traceId: string; spanId: string } {
  return { traceId, spanId };
}
