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

interface ErrorDetails {
  status?: number;
  retryable?: boolean;
  retryAfter?: number;
  confidential?: boolean;
  told?: boolean;
  cause?: unknown;
}

/**
 * Why a provider did not answer. `message` is for administrators and logs: the provider's own message if any, without the connection's
 * secrets. Users see `publicMessage`.
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
  /** `message` quotes the provider or its address, which may reveal an organisation, a project or a host. */
  readonly confidential: boolean;
  /** The provider told it inside an answer that had begun with 200: `status` is what it told, and no server or proxy was away. */
  readonly told: boolean;

  constructor(code: ProviderErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.retryable = details.retryable ?? false;
    this.retryAfter = details.retryAfter;
    this.confidential = details.confidential ?? false;
    this.told = details.told ?? false;
  }

  /** One or two plain sentences for users: what happened and what to do. */
  get publicMessage(): string {
    return this.confidential ? publicSentence(this) : this.message;
  }
}

const TOO_LONG = /context.{0,20}(length|window|size)|maximum context|too (long|many tokens)|prompt is too long/i;

function publicSentence({ code, message, retryAfter }: ProviderError): string {
  switch (code) {
    case 'RATE_LIMITED':
      return `The model is busy. Try again ${retryAfter === undefined ? 'in a moment' : inSeconds(retryAfter)}.`;
    case 'QUOTA_EXCEEDED':
      return 'The quota of this model is used up. Choose another model, or tell an administrator.';
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
      return 'The provider of this model refused our access. Choose another model, or tell an administrator.';
    case 'NOT_FOUND':
      return 'The provider does not offer this model. Choose another model, or tell an administrator.';
    case 'INVALID_ARGUMENT':
      return TOO_LONG.test(message)
        ? 'The conversation is too long for this model. Shorten it, begin a new chat, or choose another model.'
        : 'The model refused this request. Change the message or the parameters, or choose another model.';
    case 'TIMEOUT':
      return 'The model took too long to answer. Try again in a moment.';
    case 'INTERRUPTED':
      return 'The connection to the model broke off before the answer was complete. Try again.';
    case 'PROTOCOL':
      return 'The provider of this model answered something that cannot be read. Try again, or tell an administrator.';
    case 'UNAVAILABLE':
    case 'CANCELLED':
      return 'The model is not available at the moment. Try again, or choose another model.';
  }
}

function inSeconds(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole >= 120) return `in ${Math.ceil(whole / 60)} minutes`;
  return `in ${whole} second${whole === 1 ? '' : 's'}`;
}

const MESSAGE_LIMIT = 1000;

/** Headers as undici gives them. */
export type ResponseHeaders = Record<string, string | string[] | undefined>;

export function headerOf(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Maximum depth of an error's message. Endless nesting must not overflow the stack. */
const MAX_DEPTH = 6;

/** The provider's own message in the common error shapes; undefined if there is none. */
export function errorMessageOf(body: unknown, depth = 0): string | undefined {
  if (typeof body === 'string') return body.trim() || undefined;
  if (depth === MAX_DEPTH) return undefined;
  if (Array.isArray(body)) return listedMessages(body, depth + 1);
  if (typeof body !== 'object' || body === null) return undefined;
  const record = body as Record<string, unknown>;
  for (const field of ['error', 'message', 'msg', 'detail', 'errors']) {
    const found = errorMessageOf(record[field], depth + 1);
    if (found) return found;
  }
  return undefined;
}

/** Most listed errors in a message. */
const MAX_LISTED = 5;

/** FastAPI's list of errors as one sentence: `messages.0.role: Field required; n: Input should be a valid integer`. */
function listedMessages(list: readonly unknown[], depth: number): string | undefined {
  const said = list.slice(0, MAX_LISTED).flatMap((item) => {
    const message = errorMessageOf(item, depth);
    if (message === undefined) return [];
    const place = (item as { loc?: unknown } | null)?.loc;
    if (!Array.isArray(place)) return [message];
    const where = place.filter((part) => part !== 'body' && ['string', 'number'].includes(typeof part)).join('.');
    return [where === '' ? message : `${where}: ${message}`];
  });
  return said.length === 0 ? undefined : said.join('; ');
}

/** Maps an HTTP answer that is not 2xx. */
export function errorFromResponse(status: number, headers: ResponseHeaders, body: string): ProviderError {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    // An HTML error page of a proxy does not help the reader; plain text does.
    parsed = /^\s*</.test(body) ? undefined : body;
  }
  const said = errorMessageOf(parsed)?.slice(0, MESSAGE_LIMIT);
  const retryAfter = retryAfterSeconds(headerOf(headers, 'retry-after'));
  const make = (code: ProviderErrorCode, otherwise: string, retryable: boolean) =>
    new ProviderError(code, said ?? `${otherwise} (HTTP ${status})`, {
      status,
      retryable,
      retryAfter,
      confidential: true,
    });

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

/** Whether a document that came instead of an answer, or inside one, is an error in one of the shapes that are in use. */
export function isErrorDocument(document: Record<string, unknown>): boolean {
  const { error, object, detail, choices } = document;
  if (typeof error === 'string') return error !== '';
  if (error === true || (typeof error === 'number' && error !== 0)) return true;
  // Some servers send `"error": {}` or null with each good chunk.
  if (typeof error === 'object' && error !== null) return Object.keys(error).length > 0;
  if (choices !== undefined && choices !== null) return false;
  return object === 'error' || (detail !== undefined && detail !== null);
}

/** An error object inside a reply that had begun with 200. */
export function errorFromStream(body: unknown): ProviderError {
  const record = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const detail = (typeof record.error === 'object' && record.error !== null ? record.error : record) as Record<
    string,
    unknown
  >;
  const code = Number(detail.code ?? detail.status);
  const said = errorMessageOf(body) ?? 'The provider reported an error without a message';
  if (Number.isInteger(code) && code >= 400 && code < 600) {
    const error = errorFromResponse(code, {}, JSON.stringify({ message: said }));
    return new ProviderError(error.code, error.message, { ...error, told: true });
  }
  return new ProviderError('UNAVAILABLE', said.slice(0, MESSAGE_LIMIT), {
    retryable: true,
    confidential: true,
    told: true,
  });
}

/** A failure below HTTP: the address, the connection, TLS. */
export function errorFromTransport(error: unknown, sent: boolean): ProviderError {
  const code = (error as { code?: string } | undefined)?.code ?? '';
  const details = { retryable: true, confidential: true, cause: error };
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new ProviderError('TIMEOUT', 'The provider cannot be reached: connecting took too long', details);
  }
  const reason = describeTransport(error, code);
  return sent
    ? new ProviderError(
        'INTERRUPTED',
        `The provider closed the connection before the answer was complete (${reason})`,
        details,
      )
    : new ProviderError('UNAVAILABLE', `The provider cannot be reached (${reason})`, details);
}

function describeTransport(error: unknown, code: string): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  const message = error instanceof Error ? error.message : String(error);
  return message || code || 'unknown reason';
}

/** Patterns of providers' keys, also partly masked ones: `sk-proj-…`, `gsk_…`, `Bearer …`. */
const KEYS = /\b(?:sk|pk|rk|gsk|xai|hf|key|api[-_]?key)[-_][\w*-]{6,}|\bBearer\s+[\w.~+/*-]{6,}=*|\bAIza[\w*-]{10,}/gi;

/**
 * Removes the connection's secrets, and anything that looks like a key, from a text that a provider may have echoed.
 */
export function withoutSecrets(error: ProviderError, secrets: readonly string[]): ProviderError {
  let message = error.message;
  for (const secret of secrets) message = message.split(secret).join('***');
  message = message.replace(KEYS, '***');
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
