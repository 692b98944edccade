import { CallError, HTTP_STATUS } from '@perennial/contracts-kernel';

/** Longest error message, including repeated input; in UTF-16 units. */
const MAX_SENTENCE_CHARS = 4_000;

/** A reply that is not 2xx, decided by the edge. `message` is shown to the caller. */
export class Problem extends Error {
  override readonly name = 'Problem';

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
  }
}

const NO_SESSION = { 'www-authenticate': 'Bearer' };

export const notSignedIn = (): Problem => new Problem(401, 'You are not signed in. Sign in and try again.', NO_SESSION);

export const sessionOver = (): Problem => new Problem(401, 'Your session has ended. Sign in again.', NO_SESSION);

export const malformedAddress = (): Problem => new Problem(400, 'The address is malformed. Check the request.');

export const overloaded = (seconds = 1): Problem =>
  new Problem(503, 'The server is busy. Try again in a moment.', { 'retry-after': String(seconds) });

/** The problem of a failed call: status, message and `Retry-After` of its code. */
export function problemOfCall(error: CallError): Problem {
  const status = HTTP_STATUS[error.code];
  const retryAfter = error.details.retryAfter ?? (status === 503 || status === 429 ? 1 : undefined);
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) };
  if (error.code === 'UNAUTHENTICATED') Object.assign(headers, NO_SESSION);
  return new Problem(status, error.message, headers);
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
    throw status === undefined ? error : new Problem(status, (error as CallError).message);
  }
}
