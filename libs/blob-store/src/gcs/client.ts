import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import { parseRetryAfter } from '../retry-after';
import { withTimeLimit } from '../time-limit';
import type { GcsCredentials } from './credentials';
import { GcsReplyError, isTransient } from './errors';

/** Milliseconds until an unreachable store counts as away. */
const CONNECT_MS = 3_000;
/** Milliseconds of one attempt at a small request, and of all of them. */
const ATTEMPT_MS = 6_000;
const REQUEST_MS = 15_000;
const ATTEMPTS = 3;
/** Milliseconds before the second attempt; twice that before the third, unless the store names a time. */
const BACK_OFF_MS = 200;
/** Milliseconds without a byte, while we read, until a reply counts as broken. */
const STALL_MS = 30_000;
/** Concurrent uploads and downloads of one process; others wait for a connection. */
const CONNECTIONS = 128;
/** Of an error's text so much is read. */
const MAX_ERROR_BYTES = 64 * 1024;

export interface GcsRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the endpoint, or a whole URL that the store has given. */
  url: string;
  query?: Record<string, string | undefined>;
  headers?: Record<string, string | undefined>;
  body?: Buffer | string;
  /** Statuses beside 200 to 299 that are replies and not failures. */
  accept?: readonly number[];
  signal?: AbortSignal;
  /** Milliseconds until the headers of the reply have arrived, over all attempts. */
  timeoutMs?: number;
  /** Milliseconds of one attempt. */
  attemptMs?: number;
  /** 1: the caller tries again itself. */
  attempts?: number;
}

export type GcsReply = Dispatcher.ResponseData;

/** Requests to the JSON API of Google Cloud Storage: authorised, bounded in time, and tried again. */
export class GcsClient {
  private readonly agent = new Agent({
    connect: { timeout: CONNECT_MS },
    connections: CONNECTIONS,
    bodyTimeout: STALL_MS,
  });

  /** @param endpoint without a slash at its end */
  constructor(
    readonly endpoint: string,
    readonly credentials: GcsCredentials,
  ) {}

  /** The reply with its body unread. @throws GcsReplyError, or an error of the connection */
  async send(request: GcsRequest): Promise<GcsReply> {
    return withTimeLimit(request.timeoutMs ?? REQUEST_MS, request.signal, async (signal) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await withTimeLimit(request.attemptMs ?? ATTEMPT_MS, signal, (one) => this.attempt(request, one));
        } catch (error) {
          if (signal.aborted || attempt >= (request.attempts ?? ATTEMPTS) || !isTransient(error)) throw error;
          const { retryAfterS } = error as { retryAfterS?: number };
          await sleep(retryAfterS === undefined ? BACK_OFF_MS * attempt : retryAfterS * 1_000, undefined, { signal });
        }
      }
    });
  }

  /** The parsed body of the reply. */
  async sendForJson(request: GcsRequest): Promise<unknown> {
    return (await this.send(request)).body.json();
  }

  /** For requests whose reply says nothing more. */
  async sendForNothing(request: GcsRequest): Promise<GcsReply> {
    const reply = await this.send(request);
    await reply.body.dump();
    return reply;
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async attempt(
    { method, url, query, headers, body, accept = [] }: GcsRequest,
    signal: AbortSignal,
  ): Promise<GcsReply> {
    const address = new URL(url.startsWith('/') ? `${this.endpoint}${url}` : url);
    for (const [name, value] of Object.entries(definedOf(query))) address.searchParams.set(name, value);
    const reply = await this.agent.request({
      origin: address.origin,
      path: `${address.pathname}${address.search}`,
      method,
      headers: { ...definedOf(headers), authorization: await this.credentials.authorization() },
      body,
      signal,
    });
    const { statusCode: status } = reply;
    if ((status >= 200 && status < 300) || accept.includes(status)) return reply;
    throw new GcsReplyError(status, await readStart(reply), parseRetryAfter(String(reply.headers['retry-after'])));
  }
}

async function readStart({ body }: GcsReply): Promise<string> {
  let text = '';
  for await (const chunk of body.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_ERROR_BYTES) break;
  }
  return text;
}

function definedOf(record: Record<string, string | undefined> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
