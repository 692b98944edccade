import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import { telemetry } from './handle';

/**
 * Gives every request of a Fastify server a trace: its caller's (`traceparent`) or a new one. If spans are recorded, @fastify/otel names them
 * by route; otherwise only the ids are generated, for logs and for further calls. Call it before routes are registered.
 */
export async function traceHttp(fastify: FastifyInstance): Promise<void> {
  if (telemetry()?.recording === true) {
    const { FastifyOtelInstrumentation } = await import('@fastify/otel');
    const instrumentation = new FastifyOtelInstrumentation({
      ignorePaths: ({ url }) => /^\/(health|ready|assets)(\/|$)/.test(url),
      instrumentHooks: false,
      instrumentHandler: false,
    });
    await fastify.register(instrumentation.plugin());
    return;
  }
  const tracer = trace.getTracer('perennial.http');
  fastify.addHook('onRequest', (request, _reply, done) => {
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = tracer.startSpan('request', { kind: SpanKind.SERVER }, parent);
    context.with(trace.setSpan(parent, span), done);
  });
}
