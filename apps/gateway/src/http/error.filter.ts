import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { ErrorReply } from '@perennial/contracts-gateway';
import { CallError } from '@perennial/contracts-kernel';
import { Runtime, unexpected } from '@perennial/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, problemOfCall } from '../problem';
import { isOpenAiPrefix, isOpenAiRoute, openAiError } from './openai-error';

/** OpenAI's code of an unknown address. */
const UNKNOWN_ROUTE = 'unknown_url';

/** Turns any thrown error into `{"detail": …}`. An unexpected one becomes a 500 with an id and nothing else. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly runtime: Runtime) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    // A stream that has begun reports its own end; nothing else may be written into it.
    if (reply.raw.headersSent || reply.sent) return;
    this.answer(error, request, reply);
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { problem, errorId } = this.problemOf(error, request);
    const body = errorReply(problem, request.url, errorId);
    void reply.code(problem.status).headers(problem.headers).header('cache-control', 'no-store').send(body);
  }

  private problemOf(error: unknown, request: FastifyRequest): { problem: Problem; errorId?: string } {
    if (error instanceof Problem) return { problem: error };
    if (error instanceof CallError && error.code !== 'INTERNAL') return { problem: problemOfCall(error) };
    const framework = problemOfFramework(error, request);
    if (framework !== undefined) return { problem: framework };
    const failure = error instanceof CallError ? error : unexpected(this.runtime.logger('edge'), error);
    return { problem: problemOfCall(failure), errorId: failure.details.errorId };
  }
}

/** The body of a reply to this address. */
export function errorReply(problem: Problem, url: string, errorId?: string): ErrorReply {
  const body: ErrorReply = { detail: problem.message, code: problem.problem };
  const retryAfter = Number(problem.headers['retry-after']);
  if (retryAfter > 0) body.retry_after = retryAfter;
  if (problem.fields !== undefined) body.errors = [...problem.fields];
  if (errorId !== undefined) body.error_id = errorId;
  const openAi = problem.code === UNKNOWN_ROUTE ? isOpenAiPrefix : isOpenAiRoute;
  if (openAi(url)) body.error = openAiError(problem);
  return body;
}

/** Errors of Fastify and Nest: an unreadable body, one that is too large, an unknown path. */
function problemOfFramework(error: unknown, request: FastifyRequest): Problem | undefined {
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
        ? error.statusCode
        : undefined;
  if (status === undefined || status >= 500) return undefined;
  switch (status) {
    case 404:
      return unknownRoute(request.method, request.url.split('?', 1)[0] ?? '');
    case 413:
      return new Problem(
        413,
        'The request is too large. Send less, or ask the administrator to raise BODY_LIMIT_BYTES.',
      );
    case 415:
      return new Problem(415, 'The body must be JSON: send the header "Content-Type: application/json".');
    case 400:
      return new Problem(400, 'The body is not valid JSON, or the address is malformed. Check the request.');
    default:
      return new Problem(status, error instanceof Error ? error.message : 'The request cannot be answered.');
  }
}

function unknownRoute(method: string, path: string): Problem {
  const hint = path.endsWith('/chat/completions')
    ? ' The base URL of the OpenAI-compatible API ends with /api/v1.'
    : '';
  return new Problem(404, `There is nothing at ${method} ${path}.${hint}`, {}, undefined, UNKNOWN_ROUTE).as(
    'address_not_found',
  );
}
