import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sleep } from '@perennial/testing';

/** A web site on this machine whose pages a test changes. */
export class WebSite {
  readonly pages = new Map<string, string>();
  /** Paths in the order of the requests, without `robots.txt`; `304` behind those that were unchanged. */
  readonly requests: string[] = [];
  /** What every request is answered with instead. */
  outage?: number;
  delayMs = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<WebSite> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const site = new WebSite(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', async (request, response) => {
      const path = request.url ?? '';
      await sleep(site.delayMs);
      if (path === '/robots.txt') return response.writeHead(site.outage ?? 404).end();
      const page = site.pages.get(path);
      const etag = `"${page?.length}-${page?.slice(-20)}"`;
      const isKnown = request.headers['if-none-match'] === etag;
      site.requests.push(isKnown ? `${path} 304` : path);
      if (site.outage !== undefined) return response.writeHead(site.outage).end();
      if (page === undefined) return response.writeHead(404).end();
      if (isKnown) return response.writeHead(304).end();
      const type = path.endsWith('.xml') ? 'application/xml' : 'text/html; charset=utf-8';
      return response.writeHead(200, { 'content-type': type, etag }).end(page);
    });
    return site;
  }

  /** A page with a text of its own, and links. */
  put(path: string, text: string, links: readonly string[] = []): void {
    this.pages.set(
      path,
      `<p>${text}</p>${links.map((link) => `<a href="${link}">${link}</a>`).join('')}<!--${text}-->`,
    );
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
