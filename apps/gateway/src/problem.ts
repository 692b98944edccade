import { CallError, HTTP_STATUS, PROBLEM_OF, type ProblemCode } from '@perennial/contracts-kernel';

/** Longest error message, including repeated input; in UTF-16 units. */
const MAX_SENTENCE_CHARS = 4_000;

/** The code of a problem that has none of its own. */
const KINDS: Readonly<Record<number, ProblemCode>> = {
  400: 'invalid_request',
  401: 'not_signed_in',
  403: 'forbidden',
  404: 'not_found',
  408: 'timeout',
  409: 'conflict',
  411: 'invalid_request',
  413: 'too_large',
  415: 'unsupported_type',
  416: 'invalid_request',
  422: 'invalid_input',
  429: 'too_many_requests',
  499: 'cancelled',
  500: 'internal',
  503: 'unavailable',
  504: 'timeout',
};

/** The code of a status that nothing more is known of. */
export const problemCodeOf = (status: number): ProblemCode => KINDS[status] ?? 'failed';

/** A reply that is not 2xx, decided by the edge. `message` is shown to the caller. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** The stable code that the caller is told. */
  problem: ProblemCode;

  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
    /** Each bad field of a 422. */
    readonly fields?: readonly { field: string; message: string }[],
    /** `error.code` of OpenAI's error object; absent: derived from the status. */
    readonly code?: string,
  ) {
    super(message.slice(0, MAX_SENTENCE_CHARS));
    this.problem = problemCodeOf(status);
  }

  /** The same problem with a code of its own. */
  as(problem: ProblemCode): this {
    this.problem = problem;
    return this;
  }
}

const NO_SESSION = { 'www-authenticate': 'Bearer' };

export const notSignedIn = (): Problem => new Problem(401, 'You are not signed in. Sign in and try again.', NO_SESSION);

export const sessionOver = (): Problem =>
  new Problem(401, 'Your session has ended. Sign in again.', NO_SESSION).as('session_over');

export const malformedAddress = (): Problem => new Problem(400, 'The address is malformed. Check the request.');

export const overloaded = (seconds = 1): Problem =>
  new Problem(503, 'The server is busy. Try again in a moment.', { 'retry-after': String(seconds) }).as('server_busy');

const problemIn = ({ code, details }: CallError): ProblemCode => details.problem ?? PROBLEM_OF[code];

/** The problem of a failed call: status, message and `Retry-After` of its code. */
export function problemOfCall(error: CallError): Problem {
  const status = HTTP_STATUS[error.code];
  const retryAfter = error.details.retryAfter ?? (status === 503 || status === 429 ? 1 : undefined);
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) };
  if (error.code === 'UNAUTHENTICATED') Object.assign(headers, NO_SESSION);
  return new Problem(status, error.message, headers).as(problemIn(error));
}

/**
 * Replies with another status if the wire requires one that differs from the code's own.
 *
 * @param statuses by error code, for example `{ NOT_FOUND: 401 }`
 */
export async function withStatuses<T>(
  statuses: Partial<Record<CallError['code'], number>>,
  work: Promise<T>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const status = error instanceof CallError ? statuses[error.code] : undefined;
    throw status === undefined
      ? error
      : new Problem(status, (error as CallError).message).as(problemIn(error as CallError));
  }
}
