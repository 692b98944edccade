export type ProviderErrorCode =
  /** Cannot be reached, or answered 5xx. */
  | 'UNAVAILABLE'
  | 'RATE_LIMITED'
  /** The account behind the key has nothing left; waiting does not help. */
  | 'QUOTA_EXCEEDED'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'INVALID_ARGUMENT'
  | 'TIMEOUT'
  /** The answer stopped in the middle: the connection ended without an end of the answer. */
  | 'INTERRUPTED'
  /** The provider answered something that its own protocol does not allow. */
  | 'PROTOCOL'
  /** The caller's signal was aborted. */
  | 'CANCELLED';

/**
 * Why a provider did not answer. `message` is what the provider said, fit to be shown to the user, with every secret of the
 * connection removed.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: ProviderErrorCode;
  /** HTTP status, when there was an answer. */
  readonly status?: number;
  /** Whether the same request may succeed when repeated later. */
  readonly retryable: boolean;
  /** Seconds, from the provider's `Retry-After`. */
  readonly retryAfter?: number;

  constructor(
    code: ProviderErrorCode,
    message: string,
    details: { status?: number; retryable?: boolean; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.retryable = details.retryable ?? false;
    this.retryAfter = details.retryAfter;
  }
}

const MESSAGE_LIMIT = 1000;

/** Headers as undici gives them. */
export type ResponseHeaders = Record<string, string | string[] | undefined>;

export function headerOf(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The provider's own words out of the error shapes that are in use; undefined when there are none. */
export function errorMessageOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body.trim() || undefined;
  if (Array.isArray(body)) return errorMessageOf(body[0]);
  if (typeof body !== 'object' || body === null) return undefined;
  const record = body as Record<string, unknown>;
  for (const field of ['error', 'message', 'detail']) {
    const found = errorMessageOf(record[field]);
    if (found) return found;
  }
  return undefined;
}

/** Maps an HTTP answer that is not 2xx. */
export function errorFromResponse(status: number, headers: ResponseHeaders, body: string): ProviderError {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    // An HTML error page of a proxy helps nobody; plain text does.
    parsed = /^\s*</.test(body) ? undefined : body;
  }
  const said = errorMessageOf(parsed)?.slice(0, MESSAGE_LIMIT);
  const retryAfter = retryAfterSeconds(headerOf(headers, 'retry-after'));
  const make = (code: ProviderErrorCode, otherwise: string, retryable: boolean) =>
    new ProviderError(code, said ?? `${otherwise} (HTTP ${status})`, { status, retryable, retryAfter });

  if (status >= 300 && status < 400) {
    return new ProviderError(
      'PROTOCOL',
      `The provider redirects (HTTP ${status}); redirects are not followed, correct the URL`,
      {
        status,
      },
    );
  }
  if (status === 402 || (status === 429 && /insufficient_quota/.test(body))) {
    return make('QUOTA_EXCEEDED', 'The provider reports that the quota of this key is used up', false);
  }
  switch (status) {
    case 401:
      return make('UNAUTHENTICATED', 'The provider refused the key', false);
    case 403:
      return make('PERMISSION_DENIED', 'The provider does not allow this', false);
    case 404:
      return make('NOT_FOUND', 'The provider does not know this model or address', false);
    case 408:
    case 504:
      return make('TIMEOUT', 'The provider took too long', true);
    case 429:
      return make('RATE_LIMITED', 'The provider is limiting requests, try again later', true);
    default:
      return status >= 500
        ? make('UNAVAILABLE', 'The provider failed', true)
        : make('INVALID_ARGUMENT', 'The provider refused the request', false);
  }
}

/** An error object that came inside an answer that had begun with 200. */
export function errorFromStream(body: unknown): ProviderError {
  const detail = (
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>).error : body
  ) as unknown;
  const code = typeof detail === 'object' && detail !== null ? (detail as Record<string, unknown>).code : undefined;
  const said = errorMessageOf(body) ?? 'The provider reported an error without a message';
  if (typeof code === 'number' && code >= 400 && code < 600) {
    const mapped = errorFromResponse(code, {}, JSON.stringify({ message: said }));
    return mapped;
  }
  return new ProviderError('UNAVAILABLE', said.slice(0, MESSAGE_LIMIT), { retryable: true });
}

/** A failure below HTTP: the address, the connection, TLS. */
export function errorFromTransport(error: unknown, sent: boolean): ProviderError {
  const code = (error as { code?: string } | undefined)?.code ?? '';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new ProviderError('TIMEOUT', 'The provider cannot be reached: connecting took too long', {
      retryable: true,
      cause: error,
    });
  }
  const reason = describeTransport(error, code);
  return sent
    ? new ProviderError(
        'INTERRUPTED',
        `The provider closed the connection before the answer was complete (${reason})`,
        {
          retryable: true,
          cause: error,
        },
      )
    : new ProviderError('UNAVAILABLE', `The provider cannot be reached (${reason})`, { retryable: true, cause: error });
}

function describeTransport(error: unknown, code: string): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  const message = error instanceof Error ? error.message : String(error);
  return message || code || 'unknown reason';
}

/** Takes the connection's secrets out of a text that a provider may have echoed. */
export function withoutSecrets(error: ProviderError, secrets: readonly string[]): ProviderError {
  let message = error.message;
  for (const secret of secrets) message = message.split(secret).join('***');
  if (message === error.message) return error;
  return new ProviderError(error.code, message, error);
}

/** `Retry-After` in seconds, whether it was given as seconds or as a date. */
export function retryAfterSeconds(value: string | undefined, now = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}
