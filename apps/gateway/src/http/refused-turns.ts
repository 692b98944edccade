import { API_PATHS, SETTINGS_VERSION_HEADER } from '@perennial/contracts-gateway';
import type { Runtime } from '@perennial/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../problem';
import type { Sessions } from '../sessions/sessions';
import type { AppliedVersions } from '../versions/applied-versions';
import { limitReading, ownerOf } from './admission';
import { limitRest } from './body-timeout';
import { NO_PAGE, policy } from './csp';
import { errorReply } from './error.filter';
import type { Origins } from './origins';
import { isTurn, type TurnAdmission } from './turn-admission';

export interface RefusedTurnsOptions {
  turns: TurnAdmission;
  sessions: Sessions;
  origins: Origins;
  versions: AppliedVersions;
  runtime: Runtime;
  /** Milliseconds in which the rest of a request must arrive, and in which a reply must be read. */
  timeoutMs: number;
}

/**
 * Refuses a turn that finds the queue full before anything else is done for it. Call it before other hooks are added: a crowd is refused a
 * thousand times a second, and everybody else waits while that is done. Pages of other origins, which need headers of CORS to read a reply,
 * are refused like all other requests, later.
 */
export function refuseTurnsFirst(
  fastify: FastifyInstance,
  { turns, sessions, origins, versions, runtime, timeoutMs }: RefusedTurnsOptions,
): void {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': policy(NO_PAGE),
    'x-content-type-options': 'nosniff',
  };
  const refusalOf = (request: FastifyRequest): Problem | undefined => {
    // First: to look at a token costs more.
    if (!turns.mayRefuse || !isTurn(request) || origins.needsCors(request.headers.origin)) return undefined;
    const owner = ownerOf(request, sessions);
    return owner === undefined ? undefined : turns.refusalOf(owner);
  };
  fastify.addHook('onRequest', (request, reply, done) => {
    const problem = refusalOf(request);
    if (problem === undefined) return done();
    const body = Buffer.from(JSON.stringify(errorReply(problem, request.url)));
    reply.hijack();
    limitReading(reply.raw, timeoutMs);
    limitRest(request, timeoutMs);
    reply.raw
      .writeHead(problem.status, {
        ...headers,
        ...problem.headers,
        'content-length': body.length,
        ...(versions.text !== '' && API_PATHS.test(request.url) && { [SETTINGS_VERSION_HEADER]: versions.text }),
        ...(runtime.drain.leaving && { connection: 'close' }),
      })
      .end(body);
  });
}
