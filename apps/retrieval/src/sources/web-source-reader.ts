import { pipeline } from 'node:stream';
import type { WebSource } from '@perennial/contracts-retrieval';
import { PageLinks } from '../web/page-links';
import type { PoliteReader } from '../web/polite-reader';
import { readSitemap } from '../web/sitemap';
import type { WebClient, WebPage } from '../web/web-client';
import { toWebDocument } from '../web/web-document';
import { WebError, type WebFailure } from '../web/web-error';
import type { Reading, SourceReader } from './source-reader';
import type { FoundDocument, WaitingDocument } from './source-row';

const MAX_SITEMAP_BYTES = 52_428_800;
/** Sitemaps of sitemaps of sitemaps are not read. */
const MAX_SITEMAP_DEPTH = 2;
/** Links to these are not followed: they are no documents. */
const NO_DOCUMENT =
  /\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|webm|ogg|wav|avi|mov|css|m?js|map|json|woff2?|ttf|eot|zip|gz|tgz|bz2|xz|7z|rar|exe|msi|dmg|deb|rpm|iso|bin|jar|apk)$/i;

/** Reads a page, the pages below it, or those of a sitemap. */
export class WebSourceReader implements SourceReader {
  readonly begin: readonly FoundDocument[];
  private readonly start: URL;

  /** @throws WebError refused, when the operator has forbidden the address since */
  constructor(
    private readonly config: WebSource,
    private readonly client: WebClient,
    private readonly reader: PoliteReader,
  ) {
    this.start = client.parse(config.url);
    this.begin = [{ address: this.start.href, listing: config.mode === 'sitemap', depth: 0 }];
  }

  /** A page stays as long as its server gives it out, although nothing links to it any more. */
  get rereads(): boolean {
    return this.config.mode !== 'sitemap';
  }

  /** A single page that is gone is absent; a site whose first page is gone has more likely moved. */
  isEssential({ listing, address, fileId }: WaitingDocument, failure: WebFailure): boolean {
    switch (this.config.mode) {
      case 'sitemap':
        return listing;
      case 'site':
        return address === this.start.href;
      case 'page':
        return failure !== 'gone' || fileId === null;
    }
  }

  async read(document: WaitingDocument, maxBytes: number, signal: AbortSignal): Promise<Reading> {
    const { address, listing, depth, fileId, etag, lastModified } = document;
    const page = await this.reader.get(this.client.parse(address), {
      maxBytes: listing ? MAX_SITEMAP_BYTES : maxBytes,
      known: fileId === null ? undefined : { etag, lastModified },
      follows: (url) => isSameSite(url, this.start),
      signal,
    });
    if (!page) return { kind: 'unchanged' };
    if (listing) return { kind: 'listing', entries: this.listed(page, depth) };
    try {
      return this.document(page, depth);
    } catch (error) {
      page.body.destroy();
      throw error;
    }
  }

  private document(page: WebPage, depth: number): Reading {
    const { name, contentType, isHtml } = toWebDocument(page.url, page.contentType);
    const { etag, lastModified, url } = page;
    const document = {
      kind: 'document',
      name,
      contentType,
      etag,
      lastModified,
      metadata: { source: url.href },
    } as const;
    if (!isHtml) return { ...document, body: page.body, leadsTo: () => [], refusal: () => undefined };
    const links = new PageLinks(url);
    links.on('error', () => undefined);
    pipeline(page.body, links, () => undefined);
    return {
      ...document,
      body: links,
      leadsTo: () =>
        this.config.mode === 'site' && depth < this.config.depth ? this.below(links.links, depth + 1) : [],
      refusal: () => (links.isKept ? undefined : 'The page asks robots not to keep it.'),
    };
  }

  /** Links to pages below the directory of the first one. */
  private below(links: readonly string[], depth: number): FoundDocument[] {
    const directory = this.start.pathname.replace(/[^/]*$/, '');
    return this.allowed(links)
      .filter((url) => url.pathname.startsWith(directory) && !NO_DOCUMENT.test(url.pathname))
      .map(({ href }) => ({ address: href, listing: false, depth }));
  }

  private async *listed(page: WebPage, depth: number): AsyncGenerator<FoundDocument[]> {
    let listed = 0;
    for await (const { pages, sitemaps } of readSitemap(page.body)) {
      const further = depth < MAX_SITEMAP_DEPTH ? this.allowed(sitemaps) : [];
      const found = [
        ...this.allowed(pages).map(({ href }) => ({ address: href, listing: false, depth: MAX_SITEMAP_DEPTH + 1 })),
        ...further.map(({ href }) => ({ address: href, listing: true, depth: depth + 1 })),
      ];
      listed += found.length;
      yield found;
    }
    // More likely a mistake than a site that has given up all its pages: nothing is taken for absent.
    if (listed === 0) throw new WebError('unsupported', 'The sitemap lists no page of its own site.');
  }

  /** Those of the source's own site, in one spelling. */
  private allowed(addresses: readonly string[]): URL[] {
    return addresses.flatMap((address) => {
      try {
        const url = this.client.parse(address);
        return isSameSite(url, this.start) ? [url] : [];
      } catch (error) {
        if (error instanceof WebError) return [];
        throw error;
      }
    });
  }
}

/** With or without `www.`, and as HTTP or HTTPS, a server is the same. */
function isSameSite(one: URL, other: URL): boolean {
  const siteOf = ({ hostname, port }: URL): string => `${hostname.replace(/^www\./, '')}:${port}`;
  return siteOf(one) === siteOf(other);
}
