import type { Runtime } from '@perennial/runtime';
import type { FastifyInstance } from 'fastify';

/** Rate, errors and duration of requests, by route. Event streams are counted when they end, without a duration. */
export function observeRequests(fastify: FastifyInstance, runtime: Runtime): void {
  const labels = ['method', 'route', 'status'] as const;
  const requests = runtime.metrics.counter(
    'http_requests_total',
    'Requests answered, by method, route and status',
    labels,
  );
  const duration = runtime.metrics.histogram('http_request_duration_seconds', 'Time to answer requests', labels);
  fastify.addHook('onResponse', (request, reply, done) => {
    const of = {
      method: request.method,
      route: request.is404 ? 'none' : (request.routeOptions.url ?? 'none'),
      status: String(reply.raw.statusCode),
    };
    requests.inc(of);
    if (!isEventStream(reply.raw.getHeader('content-type'))) duration.observe(of, reply.elapsedTime / 1_000);
    done();
  });
}

function isEventStream(type: unknown): boolean {
  return typeof type === 'string' && type.startsWith('text/event-stream');
}
