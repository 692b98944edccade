import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** One keep-alive pool for all drivers; a server that is killed breaks its connections, the next request opens others. */
const agent = new Agent({ connections: 256, keepAliveTimeout: 1_000, headersTimeout: 30_000, bodyTimeout: 0 });

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

/**
 * What a well-behaved client does: repeats the same request, ids and all, while the connection breaks or the server says that it cannot now
 * (502, 503, 504). Anything else is an answer.
 */
export async function httpUntilAnswered<T>(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  options: HttpRequest = {},
  limitMs = 60_000,
): Promise<HttpReply<T>> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      const reply = await http<T>(method, url, options);
      if (![502, 503, 504].includes(reply.status) || Date.now() > deadline) return reply;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(100);
  }
}
