import { waitAtMost } from '@perennial/runtime';
import { type Dispatcher, Pool } from 'undici';
import { OpenSearchRefusal } from './errors';

export interface OpenSearchConnection {
  /** With the path under which a proxy has it, if any. */
  url: string;
  /** Sent with each request, credentials among them. */
  headers: Readonly<Record<string, string>>;
  /** Whether the certificate of the server has to be a trusted one. */
  verifyCertificate: boolean;
}

export interface OpenSearchRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  query?: Readonly<Record<string, string | number | boolean>>;
  /** An object as JSON, or lines of JSON. */
  body?: object | string;
  timeoutMs: number;
}

/** Milliseconds until an unreachable server counts as away. */
const CONNECT_MS = 3_000;
/** Concurrent requests of one process; others wait for a connection. */
const CONNECTIONS = 64;
/** A proxy in front of it often closes idle connections after a minute. */
const KEEP_ALIVE_MS = 30_000;
/** Milliseconds that calls in flight have to end. */
const CLOSE_MS = 1_000;

/** The REST API of OpenSearch over kept connections, uncompressed: a vector hardly compresses, and the network of a store is near. */
export class OpenSearchClient {
  private readonly pool: Pool;
  private readonly base: string;
  private readonly headers: Readonly<Record<string, string>>;

  constructor({ url, headers, verifyCertificate }: OpenSearchConnection) {
    const { origin, pathname } = new URL(url);
    this.base = pathname.replace(/\/+$/, '');
    this.headers = headers;
    this.pool = new Pool(origin, {
      connect: { timeout: CONNECT_MS, rejectUnauthorized: verifyCertificate },
      connections: CONNECTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // The signal of each request implements its time-out.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** @throws OpenSearchRefusal, or an error of the connection */
  async send<T>({ method, path, query = {}, body, timeoutMs }: OpenSearchRequest): Promise<T> {
    const isLines = typeof body === 'string';
    const answer = await this.pool.request({
      method,
      path: this.base + path,
      query,
      headers: {
        ...this.headers,
        ...(body === undefined ? {} : { 'content-type': isLines ? 'application/x-ndjson' : 'application/json' }),
      },
      body: isLines || body === undefined ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return parsed(answer);
  }

  async close(): Promise<void> {
    await waitAtMost(this.pool.close(), CLOSE_MS);
    await this.pool.destroy();
  }
}

async function parsed<T>({ statusCode, body }: Dispatcher.ResponseData): Promise<T> {
  const text = await body.text();
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // A proxy's page.
    throw new OpenSearchRefusal(statusCode < 400 ? 502 : statusCode, '', '');
  }
  if (statusCode >= 400) throw OpenSearchRefusal.of(statusCode, (answer as { error?: unknown }).error);
  return answer as T;
}
