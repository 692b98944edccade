import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PageLinks } from './page-links';
import { readSitemap } from './sitemap';
import { toWebDocument } from './web-document';

describe('the links of a page', () => {
  const read = async (html: string, at = 'http://a.test/docs/page'): Promise<PageLinks> => {
    const links = new PageLinks(new URL(at));
    const passed = (await Readable.from([...html].map((character) => Buffer.from(character)))
      .pipe(links)
      .toArray()) as Buffer[];
    expect(Buffer.concat(passed).toString()).toBe(html);
    return links;
  };

  it('are absolute, without fragments, each once; the page passes unchanged', async () => {
    const { links, isKept } = await read(
      `<a href="b#x">ü</a><a href=' b '>b</a><area href="/c?d=1"><a href="//e.test/f">e</a><a>none</a>
       <a href="http://[bad">bad</a><a rel="x nofollow" href="/g">g</a><link href="/h"><a href="mailto:i@j.test">i</a>`,
    );
    expect(links).toEqual(['http://a.test/docs/b', 'http://a.test/c?d=1', 'http://e.test/f', 'mailto:i@j.test']);
    expect(isKept).toBe(true);
  });

  it('are of its base, and none of a page that does not want it', async () => {
    expect((await read('<base href="/x/"><a href="b">b</a>')).links).toEqual(['http://a.test/x/b']);
    const none = await read('<meta name=robots content="noindex, nofollow"><a href="b">b</a>');
    expect([none.links, none.isKept]).toEqual([[], false]);
  });

  it('of a page that is nested too deeply are looked for no further, in no time', async () => {
    const links = new PageLinks(new URL('http://a.test/'));
    const html = `<a href="/first">a</a>${'<i>'.repeat(400_000)}${'</b>'.repeat(600_000)}<a href="/last">a</a>`;
    const startedAt = performance.now();
    await Readable.from(html.match(/.{1,65536}/g)!.map((piece) => Buffer.from(piece)))
      .pipe(links)
      .toArray();
    expect(links.links).toEqual(['http://a.test/first']);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('are bounded', async () => {
    const links = new PageLinks(new URL('http://a.test/'));
    const html = Array.from({ length: 5_000 }, (_, n) => `<a href="/${n}">${n}</a>`).join('');
    await Readable.from([Buffer.from(html)])
      .pipe(links)
      .toArray();
    expect(links.links).toHaveLength(2_000);
  });
});

describe('a sitemap', () => {
  const read = async (body: string | Buffer) => {
    const all = { pages: [] as string[], sitemaps: [] as string[] };
    for await (const { pages, sitemaps } of readSitemap(Readable.from([Buffer.from(body)]))) {
      all.pages.push(...pages);
      all.sitemaps.push(...sitemaps);
    }
    return all;
  };
  const sitemap = `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:i="i">
    <url><loc> http://a.test/1?a=1&amp;b=2 </loc><lastmod>2024-01-01</lastmod><i:image><i:loc>http://a.test/p</i:loc></i:image></url>
    <url><loc><![CDATA[http://a.test/2]]></loc></url></urlset>`;

  it('lists pages, packed or not, and an index lists sitemaps', async () => {
    const pages = ['http://a.test/1?a=1&b=2', 'http://a.test/2'];
    expect(await read(sitemap)).toEqual({ pages, sitemaps: [] });
    expect(await read(gzipSync(sitemap))).toEqual({ pages, sitemaps: [] });
    const index = '<sitemapindex><sitemap><loc>http://a.test/s.xml</loc></sitemap></sitemapindex>';
    expect(await read(index)).toEqual({ pages: [], sitemaps: ['http://a.test/s.xml'] });
  });

  it.each([
    ['a page', '<!doctype html><html><body>Not found</body></html>'],
    ['another document', '<rss><channel/></rss>'],
    ['nothing', ''],
    ['one that breaks off', '<urlset><url><loc>http://a.test/</loc>'],
    ['one with entities of its own', '<!DOCTYPE u [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>'],
    ['one that is nested too deeply', `<urlset>${'<a>'.repeat(100_000)}`],
    ['one that is packed and broken', gzipSync('<urlset></urlset>').subarray(0, 20)],
  ])('is not %s', async (_, body) => {
    await expect(read(body)).rejects.toMatchObject({ failure: 'unsupported' });
  });

  it('that unpacks to more than the protocol allows is stopped', async () => {
    const bomb = Readable.from([gzipSync(`<urlset>${' '.repeat(20_000_000)}`)]);
    await expect(readSitemap(bomb, 1_000_000).next()).rejects.toMatchObject({ failure: 'too-large' });
  });
});

describe('a page as a file', () => {
  it.each([
    ['http://a.test/', 'text/html; charset=utf-8', 'a.test.html'],
    ['http://a.test/guide/install', 'text/html', 'a.test - guide - install.html'],
    ['http://a.test/guide.html', 'text/html', 'a.test - guide.html'],
    ['http://a.test/a%2F..%2Fb.pdf', 'application/octet-stream', 'a.test - a - .. - b.pdf'],
    ['http://a.test/list?page=2', 'text/html', 'a.test - list ?page=2.html'],
    ['http://a.test/%E4%BD%A0', 'text/plain', 'a.test - 你.txt'],
  ])('%s (%s) is %s', (url, type, name) => expect(toWebDocument(new URL(url), type).name).toBe(name));

  it('has a short name, and is none if it is a picture', () => {
    const { name } = toWebDocument(new URL(`http://a.test/${'ä'.repeat(900)}/end`), 'text/html');
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(name).toMatch(/^a\.test - ä+…ä+ - end\.html$/);
    expect(() => toWebDocument(new URL('http://a.test/b.png'), 'image/png')).toThrow('not kept');
    expect(() => toWebDocument(new URL('http://a.test/b'), '')).toThrow('not kept');
  });
});
