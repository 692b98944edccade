import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_ROBOTS_BYTES, Robots } from './robots';
import type { WebClient, WebPage, WebRequest } from './web-client';
import { WebError } from './web-error';

/** How long a server's `robots.txt` is believed. */
const BELIEVED_MS = 10 * 60_000;
/** Servers that are remembered. */
const MAX_SITES = 1_000;

interface Site {
  robots: Robots;
  readAt: number;
  /** When the next request may be sent, by `performance.now()`. */
  freeAt: number;
}

/**
 * Reads pages as a robot should: what `robots.txt` allows, and one request after another for each server, with a pause between them, whoever
 * asks.
 */
export class PoliteReader {
  private readonly sites = new Map<string, Site>();

  /** @param pauseMs between two requests to one server, unless it asks for more */
  constructor(
    private readonly client: WebClient,
    private readonly pauseMs: number,
  ) {}

  /**
   * @returns undefined: the page is as it was `known`
   *
   * @throws WebError also `gone` when robots are asked not to read it, and `away` when it cannot be told
   */
  async get(url: URL, request: WebRequest): Promise<WebPage | undefined> {
    const site = await this.site(url, request.signal);
    if (!site.robots.allows(url)) throw new WebError('gone', 'Its server asks robots not to read it (robots.txt).');
    await this.turn(site, request.signal);
    return this.client.get(url.href, request);
  }

  private async site({ origin }: URL, signal?: AbortSignal): Promise<Site> {
    const known = this.sites.get(origin);
    if (known && performance.now() - known.readAt < BELIEVED_MS) return known;
    const robots = await this.robots(origin, signal);
    const site = { robots, readAt: performance.now(), freeAt: known?.freeAt ?? 0 };
    this.sites.delete(origin);
    this.sites.set(origin, site);
    const [oldest] = this.sites.keys();
    if (this.sites.size > MAX_SITES && oldest !== undefined) this.sites.delete(oldest);
    return site;
  }

  private async robots(origin: string, signal?: AbortSignal): Promise<Robots> {
    try {
      const page = await this.client.get(`${origin}/robots.txt`, { maxBytes: 2 * MAX_ROBOTS_BYTES, signal });
      return page ? Robots.parse(await beginning(page)) : Robots.open;
    } catch (error) {
      // No file, as far as we are told: everything may be read (RFC 9309, 2.3.1.3).
      if (error instanceof WebError && ['gone', 'denied', 'unsupported', 'too-large'].includes(error.failure))
        return Robots.open;
      throw error;
    }
  }

  private async turn(site: Site, signal?: AbortSignal): Promise<void> {
    const now = performance.now();
    const waitMs = site.freeAt - now;
    site.freeAt = Math.max(site.freeAt, now) + Math.max(this.pauseMs, site.robots.delayMs);
    if (waitMs <= 0) return;
    await sleep(waitMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

async function beginning({ body }: WebPage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    // Leaving the loop destroys the stream.
    if (size >= MAX_ROBOTS_BYTES) break;
  }
  return Buffer.concat(pieces).subarray(0, MAX_ROBOTS_BYTES).toString('utf8');
}
