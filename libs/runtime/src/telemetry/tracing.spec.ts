import { context, trace, TraceFlags } from '@opentelemetry/api';
import { beforeAll, describe, expect, it } from 'vitest';
import { capturing } from '../../test/capturing';
import { startPropagating } from './propagating';
import { extractTrace, injectTrace, inSpan, untraced } from './tracing';

describe('without a receiver', () => {
  beforeAll(() => startPropagating());

  const active = () => trace.getActiveSpan()?.spanContext();

  it('a trace continues through stored and sent records, and nothing is recorded', async () => {
    const { traceId, carrier } = await inSpan('accept', {}, async (span) => {
      expect(span.isRecording()).toBe(false);
      return { traceId: span.spanContext().traceId, carrier: injectTrace() };
    });
    expect(carrier).toEqual({
      traceparent: expect.stringMatching(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`)) as string,
    });
    await inSpan('attempt', { parent: extractTrace(carrier) }, async (span) => {
      expect(span.spanContext()).toMatchObject({ traceId, traceFlags: TraceFlags.NONE });
    });
  });

  it('log lines carry the ids of the active span, also after an await', async () => {
    const { log, lines } = capturing();
    await inSpan('work', {}, async (span) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      log.info('inside');
      const { traceId, spanId } = span.spanContext();
      expect(lines[0]).toMatchObject({ trace_id: traceId, span_id: spanId });
    });
    log.info('outside');
    expect(lines[1]).not.toHaveProperty('trace_id');
  });

  it('untraced work has no trace', async () => {
    await inSpan('run', {}, async () => {
      expect(active()).toBeDefined();
      untraced(() => {
        expect(active()).toBeUndefined();
        expect(injectTrace()).toEqual({});
      });
    });
  });

  it('errors pass through', async () => {
    await expect(inSpan('fails', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(extractTrace(undefined)).toBe(extractTrace({}));
    expect(trace.getSpan(context.active())).toBeUndefined();
  });
});
