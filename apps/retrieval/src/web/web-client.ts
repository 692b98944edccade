import { pipeline, type Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Agent, type Dispatcher, request } from 'undici';
import { guardedLookup, type ResolveHost, resolveHost } from './host-addresses';
import { parseWebAddress, type WebRules } from './web-address';
import { WebError } from './web-error';

const MAX_REDIRECTS = 5;
/** A server that sends nothing for this long is away. */
const SILENT_MS = 15_000;
/** The name by which `robots.txt` addresses us, and what servers see. */
export const ROBOT = 'PerennialBot';
const USER_AGENT = `Mozilla/5.0 (compatible; ${ROBOT}/1.0)`;
const MAX_RETRY_AFTER_S = 3_600;
/** A type is kept with a file, and told to people. */
const MAX_TYPE_CHARS = 255;

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

export interface WebRequest {
  /** What a former reading of the same page was answered with: an unchanged page is not sent again. */
  known?: { etag: string | null; lastModified: string | null };
  /** Unpacked bytes. */
  maxBytes: number;
  /** Whether a redirect to this address is followed. Whether it may be read at all is checked in any case. */
  follows?: (url: URL) => boolean;
  /** Beside the usual ones, or in their place. */
  headers?: Record<string, string>;
  /** For the whole exchange; without it that of all pages. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** A page as its server sent it. */
export interface WebPage {
  /** After redirects. */
  url: URL;
  contentType: string;
  etag: string | null;
  lastModified: string | null;
  /** Unpacked; fails with a `WebError` beyond `maxBytes` and when it stops coming. It must be read to its end or destroyed. */
  body: Readable;
}

export interface WebClientOptions extends WebRules {
  /** For the whole exchange with redirects, to the last byte. */
  timeoutMs: number;
  resolve?: ResolveHost;
}

/**
 * Reads web pages whose address somebody chose. Nobody reaches through it what only this machine may reach: see `parseWebAddress` and
 * `guardedLookup`. No proxy is used, which would look names up itself.
 */
export class WebClient {
  private readonly agent: Agent;

  constructor(private readonly options: WebClientOptions) {
    const { local, resolve = resolveHost(local) } = options;
    this.agent = new Agent({
      connect: { lookup: guardedLookup(resolve, local), timeout: SILENT_MS },
      headersTimeout: SILENT_MS,
      bodyTimeout: SILENT_MS,
      connections: 8,
      keepAliveTimeout: 4_000,
      maxHeaderSize: 32 * 1_024,
    });
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  /** @throws WebError refused */
  parse(address: string): URL {
    return parseWebAddress(address, this.options);
  }

  /**
   * @returns undefined: the page is as it was `known`
   *
   * @throws WebError, or the signal's reason
   */
  async get(address: string, web: WebRequest): Promise<WebPage | undefined> {
    const signal = this.limited(web);
    let url = this.parse(address);
    for (let redirects = 0; ; redirects += 1) {
      const response = await this.send(url, web, signal);
      const { location } = response.headers;
      const moved = response.statusCode >= 300 && response.statusCode < 400 && typeof location === 'string';
      if (!moved) return toPage(url, response, web);
      await discard(response);
      if (redirects === MAX_REDIRECTS) throw new WebError('denied', 'The page redirects too often.');
      if (!URL.canParse(location, url.href)) throw new WebError('denied', 'The page redirects to no web address.');
      url = this.parse(new URL(location, url).href);
      if (web.follows?.(url) === false) throw new WebError('unsupported', `The page redirects to ${url.origin}.`);
    }
  }

  /** Sends something; a redirect is not followed. @throws WebError, or the signal's reason */
  async post(address: string, body: Buffer, web: Omit<WebRequest, 'known' | 'follows'>): Promise<WebPage> {
    const url = this.parse(address);
    const response = await this.send(url, web, this.limited(web), body);
    // Undefined is the answer to what was known, and nothing was.
    return (await toPage(url, response, web))!;
  }

  private limited({ signal, timeoutMs = this.options.timeoutMs }: WebRequest): AbortSignal {
    const late = AbortSignal.timeout(timeoutMs);
    return signal ? AbortSignal.any([signal, late]) : late;
  }

  private async send(
    url: URL,
    { known, headers, signal: own }: WebRequest,
    signal: AbortSignal,
    body?: Buffer,
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await request(url, {
        dispatcher: this.agent,
        method: body ? 'POST' : 'GET',
        body,
        signal,
        headers: {
          'user-agent': USER_AGENT,
          accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
          'accept-encoding': 'gzip, deflate, br',
          ...(known?.etag ? { 'if-none-match': known.etag } : {}),
          ...(known?.lastModified ? { 'if-modified-since': known.lastModified } : {}),
          ...headers,
        },
      });
    } catch (error) {
      own?.throwIfAborted();
      throw toWebError(error, url);
    }
  }
}

async function toPage(url: URL, response: Dispatcher.ResponseData, web: WebRequest): Promise<WebPage | undefined> {
  const { statusCode, headers } = response;
  const { known } = web;
  if (statusCode !== 200) {
    await discard(response);
    if (statusCode === 304 && (known?.etag || known?.lastModified)) return undefined;
    throw refusalOf(statusCode, retryAfterOf(first(headers['retry-after'])));
  }
  const encoding = first(headers['content-encoding'])?.trim().toLowerCase() ?? '';
  const coded = encoding !== '' && encoding !== 'identity';
  const decoder = coded && Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding as keyof typeof DECODERS] : undefined;
  if (coded && !decoder) {
    await discard(response);
    throw new WebError('unsupported', 'The page is packed in a way that is not read.');
  }
  const bounded = new Bounded(web.maxBytes);
  // The error of any part destroys the last one with it, so that its reader gets it; it may have none at that moment.
  const ended = (): void => undefined;
  bounded.on('error', ended);
  if (decoder) pipeline(response.body, decoder(), bounded, ended);
  else pipeline(response.body, bounded, ended);
  return {
    url,
    contentType: (first(headers['content-type']) ?? '').slice(0, MAX_TYPE_CHARS),
    etag: shortened(first(headers.etag)),
    lastModified: shortened(first(headers['last-modified'])),
    body: bounded,
  };
}

/** Passes on at most so many bytes, and says why there are no more in words for people. */
class Bounded extends Transform {
  private size = 0;

  constructor(private readonly maxBytes: number) {
    super();
  }

  override _transform(piece: Buffer, _: BufferEncoding, done: (error?: Error | null, piece?: Buffer) => void): void {
    this.size += piece.length;
    if (this.size > this.maxBytes)
      done(new WebError('too-large', `The page is larger than ${Math.floor(this.maxBytes / 1_000)} kB.`));
    else done(null, piece);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    done(error === null || error instanceof WebError ? error : toWebError(error));
  }
}

function refusalOf(status: number, afterS: number | undefined): WebError {
  if (status === 404 || status === 410) return new WebError('gone', `Its server says that it is gone (${status}).`);
  if (status === 429 || (status === 503 && afterS !== undefined))
    return new WebError('busy', `Its server asks for time (${status}).`, { afterS });
  if (status >= 500) return new WebError('away', `Its server has a problem of its own (${status}).`);
  return new WebError('denied', `Its server does not give it out (${status}).`);
}

function toWebError(error: unknown, url?: URL): WebError {
  const known = causeOf(error);
  if (known) return known;
  const host = url ? ` ${url.host}` : '';
  return new WebError('away', `The server${host} does not answer, or stops in the middle of an answer.`, {
    cause: error,
  });
}

/** The guard's own error within that of a connection. */
function causeOf(error: unknown): WebError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof WebError) return cause;
  return undefined;
}

/** @returns whole seconds, at most an hour */
function retryAfterOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 1), MAX_RETRY_AFTER_S) : undefined;
}

/** Reads a short rest, so that the connection can be used again. */
async function discard({ body }: Dispatcher.ResponseData): Promise<void> {
  await body.dump({ limit: 16_384 }).catch(() => undefined);
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function shortened(header: string | undefined): string | null {
  return header !== undefined && header.length <= 500 ? header : null;
}
