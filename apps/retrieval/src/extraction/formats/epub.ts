import { posix } from 'node:path';
import { Archive } from '../archive';
import { ExtractionError } from '../extraction';
import { HtmlText } from '../html-text';
import { refuse } from '../messages';
import type { FormatReader, Fragment, Reading } from '../reading';
import { localName, readXml } from '../xml';

const CONTAINER = 'META-INF/container.xml';
const ENCRYPTION = 'META-INF/encryption.xml';
const CHAPTER = /\.(xhtml|html|htm|xml)$/i;

/** EPUB: its chapters in the order of the book. A book has no fixed pages; its headings say where a text stands. */
export const readEpub: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const archive = await Archive.open(reading.path, reading.limits, reading.expansion);
  try {
    await refuseLocked(archive);
    const chapters = await chaptersOf(archive);
    if (chapters.length > reading.limits.maxPages)
      throw refuse.tooManyPages(chapters.length, 'chapters', reading.limits);
    for (const [at, chapter] of chapters.entries()) {
      const html = new HtmlText({ xml: true });
      for await (const piece of archive.text(chapter)) {
        html.write(piece);
        yield { text: html.take(), markup: 'markdown' };
      }
      html.end();
      yield { text: `${html.take()}\n\n`, markup: 'markdown' };
      reading.progress(at + 1, chapters.length);
    }
  } finally {
    archive.close();
  }
};

/** Fonts of a free book may be obfuscated; chapters are encrypted only by DRM. */
async function refuseLocked(archive: Archive): Promise<void> {
  if (!archive.has(ENCRYPTION)) return;
  let locked = false;
  await readXml(archive.text(ENCRYPTION), {
    open: ({ name, attributes }) => {
      if (localName(name) === 'CipherReference' && CHAPTER.test(attributes['URI'] ?? '')) locked = true;
    },
  });
  if (locked)
    throw new ExtractionError('encrypted', 'The book is locked by its seller (DRM). Upload a copy without the lock.');
}

async function chaptersOf(archive: Archive): Promise<string[]> {
  let book: string | undefined;
  await readXml(archive.text(CONTAINER), {
    open: ({ name, attributes }) => {
      if (localName(name) === 'rootfile') book ??= attributes['full-path'];
    },
  });
  if (book === undefined) throw refuse.damaged();
  const items = new Map<string, string>();
  const chapters: string[] = [];
  await readXml(archive.text(book), {
    open: ({ name, attributes }) => {
      const { id, href, idref } = attributes;
      if (localName(name) === 'item' && id !== undefined && href !== undefined) items.set(id, href);
      const chapter = localName(name) === 'itemref' && idref !== undefined ? items.get(idref) : undefined;
      if (chapter !== undefined) chapters.push(posix.join(posix.dirname(book ?? ''), decodeName(chapter)));
    },
  });
  return chapters.filter((chapter) => archive.has(chapter));
}

function decodeName(href: string): string {
  const path = href.replace(/#.*$/s, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
