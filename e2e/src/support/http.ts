import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/**
 * A request without a reply: its connection broke, or the server answered 502, 503 or 504. Times are epoch milliseconds.
 */
export interface FailedRequest {
  from: number;
  to: number;
  what: string;
  /** Of the refusal; undefined: the connection broke. */
  status?: number;
  /** The try before it failed too. */
  again?: boolean;
  /** It waited for an answer, and was told that the provider failed. */
  answer?: boolean;
  /** It carried a file. */
  upload?: boolean;
}

/** One keep-alive pool for all drivers; a killed server breaks its connections, the next request opens others. */
const agent = new Agent({ connections: 256, keepAliveTimeout: 1_000, headersTimeout: 30_000, bodyTimeout: 0 });

/** How long a client retries a request. */
const REPEAT_MS = 60_000;

export interface HttpReply<T> {
  status: number;
  body: T;
  headers: Record<string, string | string[] | undefined>;
}

export interface HttpRequest {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** One JSON request, no retry. Rejects when the connection breaks. */
export async function http<T>(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  { token, body, headers }: HttpRequest = {},
): Promise<HttpReply<T>> {
  const reply = await request(url, {
    method,
    dispatcher: agent,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await reply.body.text();
  return { status: reply.statusCode, body: (text ? JSON.parse(text) : null) as T, headers: reply.headers };
}

/** Called for each try without a reply. */
export type OnFailedRequest = (failed: FailedRequest) => void;

/**
 * Retries like a well-behaved client: repeats the same request, ids included, while the connection breaks or the server is unavailable (502,
 * 503, 504). Other replies are returned. `onFailed` is called for each repeated try, so that none is hidden.
 */
export async function httpUntilAnswered<T>(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  options: HttpRequest = {},
  onFailed: OnFailedRequest = () => undefined,
): Promise<HttpReply<T>> {
  const deadline = Date.now() + REPEAT_MS;
  for (let again = false; ; again = true) {
    const from = Date.now();
    const failed = (why: string, status?: number) =>
      onFailed({
        ...{ from, to: Date.now(), what: `${method} ${pathOf(url)}: ${why}` },
        ...(status === undefined ? {} : { status }),
        ...(again ? { again } : {}),
      });
    try {
      const reply = await http<T>(method, url, options);
      if (reply.status < 500) return reply;
      failed(String(reply.status), reply.status);
      if (![502, 503, 504].includes(reply.status) || Date.now() > deadline) return reply;
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error));
      if (Date.now() > deadline) throw error;
    }
    await sleep(100);
  }
}

/** Without ids, so that equal failures look equal. */
export function pathOf(url: string): string {
  return new URL(url).pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id');
}
