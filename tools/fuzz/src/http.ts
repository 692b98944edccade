import { Agent, request } from 'undici';

/** A reply. `bytes` is the number of body bytes read from the wire. */
export interface Answer {
  /** 0: the connection broke; -1: time-out. */
  status: number;
  bytes: number;
  /** The beginning of the body. */
  text: string;
}

export interface Outgoing {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** A longer refusal is an amplification; reading stops here. */
export const MAX_REFUSAL_BYTES = 1_048_576;
/** Longer than any deadline of the product. */
const TIMEOUT_MS = 40_000;
/** An event stream does not end by itself; it is read this long. */
const STREAM_MS = 200;
const KEPT_CHARS = 16_384;

const agent = new Agent({ connections: 64, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });

export async function send({ method, url, headers, body }: Outgoing): Promise<Answer> {
  const started = performance.now();
  try {
    const reply = await request(url, { method: method as 'GET', headers, body, dispatcher: agent });
    const streams = String(reply.headers['content-type'] ?? '').startsWith('text/event-stream');
    const until = streams ? setTimeout(() => reply.body.destroy(), STREAM_MS) : undefined;
    let bytes = 0;
    let text = '';
    try {
      for await (const chunk of reply.body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (text.length < KEPT_CHARS) text += chunk.toString('utf8', 0, KEPT_CHARS);
        if (bytes > MAX_REFUSAL_BYTES) break;
      }
    } catch {
      // For an abandoned stream or a truncated response the received part counts.
    } finally {
      clearTimeout(until);
    }
    return { status: reply.statusCode, bytes, text };
  } catch (error) {
    const late = performance.now() - started >= TIMEOUT_MS;
    return { status: late ? -1 : 0, bytes: 0, text: error instanceof Error ? error.message : String(error) };
  }
}

/** A JSON request that must succeed, for the setup of the fuzzer. */
export async function must<T>(method: string, url: string, token: string | undefined, body?: unknown): Promise<T> {
  const answer = await send({
    method,
    url,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.status !== 200) throw new Error(`${method} ${url} answered ${answer.status}: ${answer.text}`);
  return JSON.parse(answer.text) as T;
}
