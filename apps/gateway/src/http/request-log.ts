import type { Runtime } from '@perennial/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const MAX_PATH_CHARS = 300;

/**
 * Logs who was refused or deleted what, and with `accessLog` one line for each request, when it is answered. Paths have no query, because it
 * may contain search terms.
 */
export function logRequests(fastify: FastifyInstance, runtime: Runtime, accessLog: boolean): void {
  const access = runtime.logger('access');
  fastify.addHook('onResponse', (request, reply, done) => {
    recordForSecurity(request, reply, runtime);
    if (accessLog) {
      access.info(
        {
          method: request.method,
          path: pathOf(request),
          status: reply.raw.statusCode,
          duration_ms: Math.round(reply.elapsedTime),
          bytes: Number(reply.raw.getHeader('content-length') ?? 0) || undefined,
          user_id: request.caller?.user.id,
          client_address: request.ip,
        },
        'request',
      );
    }
    done();
  });
}

function recordForSecurity(request: FastifyRequest, reply: FastifyReply, { security }: Runtime): void {
  const { caller, method } = request;
  // Requests without a session are not logged: a client could write any number of lines.
  if (caller === undefined) return;
  const { statusCode } = reply.raw;
  const told = { actor_id: caller.user.id, client_address: request.ip, method, path: pathOf(request) };
  if (statusCode === 403) security.record('access_denied', { ...told, outcome: 'failed' });
  if (method === 'DELETE' && statusCode < 300) security.record('data_deleted', told);
}

function pathOf({ url }: FastifyRequest): string {
  return (url.split('?', 1)[0] ?? '').slice(0, MAX_PATH_CHARS);
}
