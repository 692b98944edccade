import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { localName, parseXml } from '../extraction/xml';
import { WebError } from './web-error';

const MAX_LOCATION_CHARS = 4_000;
/** Unpacked bytes: the protocol's limit. */
const MAX_BYTES = 52_428_800;
/** Addresses given out at once. */
const BATCH = 500;

/** What a sitemap lists: pages, and further sitemaps. */
export interface SitemapEntries {
  pages: string[];
  sitemaps: string[];
}

/**
 * Reads a sitemap (https://www.sitemaps.org/protocol.html), packed or not, piece by piece.
 *
 * @throws WebError unsupported when it is none, too-large
 */
export async function* readSitemap(body: Readable, maxBytes = MAX_BYTES): AsyncGenerator<SitemapEntries> {
  let found: SitemapEntries = { pages: [], sitemaps: [] };
  let inside: 'url' | 'sitemap' | undefined;
  let location: string | undefined;
  let isSitemap = false;
  let depth = 0;
  const parsing = parseXml(texts(body, maxBytes), {
    open: ({ name }) => {
      depth += 1;
      const element = localName(name);
      if (depth === 1) isSitemap = element === 'urlset' || element === 'sitemapindex';
      if (depth === 2) inside = element === 'url' || element === 'sitemap' ? element : undefined;
      if (depth === 3 && inside && element === 'loc') location = '';
    },
    text: (text) => {
      if (location !== undefined && location.length < MAX_LOCATION_CHARS) location += text;
    },
    close: () => {
      if (depth === 3 && location !== undefined && inside)
        found[inside === 'url' ? 'pages' : 'sitemaps'].push(location.trim());
      if (depth === 3) location = undefined;
      depth -= 1;
    },
  });
  const noSitemap = (cause?: unknown): WebError =>
    new WebError('unsupported', 'There is no sitemap at this address.', { cause });
  try {
    while (!(await parsing.next()).done) {
      if (depth > 0 && !isSitemap) throw noSitemap();
      if (found.pages.length + found.sitemaps.length < BATCH) continue;
      yield found;
      found = { pages: [], sitemaps: [] };
    }
  } catch (error) {
    throw error instanceof WebError ? error : noSitemap(error);
  } finally {
    body.destroy();
  }
  if (!isSitemap) throw noSitemap();
  yield found;
}

/** The text of a sitemap; many are packed as files, and not by their server. */
async function* texts(body: Readable, maxBytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let size = 0;
  for await (const piece of unpacked(body)) {
    size += piece.length;
    if (size > maxBytes) throw new WebError('too-large', 'The sitemap is larger than 50 MB.');
    yield decoder.decode(piece, { stream: true });
  }
}

async function* unpacked(body: Readable): AsyncGenerator<Buffer> {
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const head = await pieces.next();
  if (head.done) return;
  const all = async function* (): AsyncGenerator<Buffer> {
    yield head.value;
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
  };
  const isPacked = head.value[0] === 0x1f && head.value[1] === 0x8b;
  if (!isPacked) return yield* all();
  const gunzip = createGunzip();
  pipeline(Readable.from(all()), gunzip, () => undefined);
  yield* gunzip as AsyncIterable<Buffer>;
}
