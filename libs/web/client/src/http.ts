import {
  MIN_SETTINGS_VERSION_HEADER,
  type Route,
  type RouteBody,
  type RouteParams,
  type RouteQuery,
  type RouteReply,
  SETTINGS_VERSION_HEADER,
} from '@perennial/contracts-gateway';
import type { Address } from './routes';
import { SettingsSeen } from './settings-seen';
import { type Refusal, say } from './words';

const settingsSeen = new SettingsSeen();

/** A refused request: the status, the server's message, and when to retry. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    message: string,
    /** True when the session has ended, not only this request was refused. */
    readonly sessionOver: boolean,
    /** Seconds, from `Retry-After`. */
    readonly retryAfter?: number,
    /** The server's stable code. */
    readonly code?: string,
  ) {
    super(message);
  }
}

/** The server could not be reached. */
export class OfflineError extends Error {
  override readonly name = 'OfflineError';

  constructor() {
    super(say().offline());
  }
}

/** The input of a route; undeclared parts are not allowed. */
export type RouteRequest<R extends Route> = (RouteParams<R> extends undefined ? unknown : { params: RouteParams<R> }) &
  (RouteQuery<R> extends undefined ? unknown : { query?: Partial<RouteQuery<R>> }) &
  (RouteBody<R> extends undefined ? unknown : { body: RouteBody<R> });

export interface CallOptions {
  /** The request goes on when the page is left. */
  keepalive?: boolean;
  /** The same key and body are the same request, however often they are sent. */
  idempotencyKey?: string;
}

/**
 * Calls a route of the gateway; the session is the server's http-only cookie.
 *
 * @throws ApiError when the server refused, OfflineError when it could not be reached
 */
export async function call<R extends Route>(
  route: Address<R>,
  request: RouteRequest<R>,
  options: CallOptions = {},
): Promise<RouteReply<R>> {
  const { params, query, body } = request as { params?: object; query?: object; body?: unknown };
  const wanted = settingsSeen.wanted();
  const address = addressOf(route.path, params, query);
  let response = await send(route, address, { body, wanted, options });
  if (wanted !== undefined && response.status === 503) {
    settingsSeen.forget();
    // A read is repeated without the version; whether a change was made is not known.
    if (route.method === 'GET') response = await send(route, address, { body, options });
  }
  if (route.method !== 'GET' && response.ok) settingsSeen.changed(response.headers.get(SETTINGS_VERSION_HEADER));
  const text = await response.text();
  if (!response.ok) throw await refusalOf(response.status, (name) => response.headers.get(name), text);
  return JSON.parse(text) as RouteReply<R>;
}

interface Sent {
  body: unknown;
  /** The version of settings that the server must have. */
  wanted?: string;
  options: CallOptions;
}

async function send(
  { method }: Address<Route>,
  address: string,
  { body, wanted, options: { keepalive, idempotencyKey } }: Sent,
): Promise<Response> {
  // What cannot be written is no fault of the line.
  const text = body === undefined ? undefined : JSON.stringify(body);
  try {
    return await fetch(address, {
      method,
      keepalive,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(wanted === undefined ? {} : { [MIN_SETTINGS_VERSION_HEADER]: wanted }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      body: text,
    });
  } catch {
    throw new OfflineError();
  }
}

/** The address of a route: its parameters filled in, its query appended. */
export function addressOf(path: string, params: object = {}, query: object = {}): string {
  const values = new Map(Object.entries(params).map(([name, value]) => [name, String(value)]));
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values.get(name) ?? ''));
  const search = new URLSearchParams(
    Object.entries(query)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  ).toString();
  return search ? `${filled}?${search}` : filled;
}

/** A refusal is told at the latest after this time, in the server's words. */
const MEANING_MS = 1_000;

/** The error of a reply that is not 2xx: what its code means, else the server's own sentence if it has one. */
export async function refusalOf(
  status: number,
  header: (name: string) => string | null,
  text: string,
): Promise<ApiError> {
  const retryAfter = Number(header('retry-after')) || undefined;
  const sessionOver = status === 401 && header('www-authenticate') !== null;
  const told = toldIn(text);
  const { code, detail } = told ?? {};
  // Who is not signed in gets the sign-in page, not a sentence.
  const words = told && code !== undefined && !sessionOver ? await wordsOf({ ...told, code }) : detail;
  return new ApiError(status, words ?? say().refused(status), sessionOver, retryAfter, code);
}

/** What the server told, in the language of the page. The texts may not be there, or not soon: then it is the server's sentence. */
export function wordsOf(told: Refusal): Promise<string> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(told.detail), MEANING_MS);
    void say()
      .problem(told)
      .then(
        (words) => resolve(words ?? told.detail),
        () => resolve(told.detail),
      )
      .finally(() => clearTimeout(timer));
  });
}

function toldIn(text: string): (Omit<Refusal, 'code'> & { code?: string }) | undefined {
  try {
    const { detail, code, error_id: id } = JSON.parse(text) as Record<string, unknown>;
    if (typeof detail !== 'string') return undefined;
    return {
      detail,
      ...(typeof code === 'string' ? { code } : {}),
      ...(typeof id === 'string' ? { error_id: id } : {}),
    };
  } catch {
    return undefined;
  }
}
