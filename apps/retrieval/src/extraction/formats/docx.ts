import mammoth from 'mammoth';
import { Archive } from '../archive';
import { HtmlText } from '../html-text';
import type { FormatReader, Fragment, Reading } from '../reading';
import { commentsOf, headersAndFooters } from './docx-margins';
import { withSkippedParts } from './docx-parts';

type Input = Parameters<typeof mammoth.convertToHtml>[0];

/**
 * Word: mammoth finds headings, lists, tables and notes; it reads the parts of the document from our counted container.
 */
export const readDocx: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const archive = await Archive.open(reading.path, reading.limits, reading.expansion);
  try {
    const comments = await commentsOf(archive);
    const { value } = await mammoth.convertToHtml(containerOf(archive, comments), {
      convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: '' })),
      styleMap: ["p[style-name='Title'] => h1:fresh"],
      externalFileAccess: false,
    });
    const html = new HtmlText();
    html.write(value);
    html.end();
    yield { text: html.take(), markup: 'markdown' };
    const margins = await headersAndFooters(archive);
    if (margins.length > 0) yield { text: margins.join('\n'), heading: 'Header and footer', markup: 'plain' };
  } finally {
    archive.close();
  }
};

/** A container for mammoth; its types only allow paths and buffers, which it would unpack without counting. */
function containerOf(archive: Archive, comments: ReadonlyMap<string, string>): Input {
  const file = {
    exists: (name: string) => archive.has(name),
    read: async (name: string, encoding?: BufferEncoding | 'utf-8') => {
      const bytes = await archive.bytes(name);
      if (encoding === undefined) return bytes;
      if (encoding === 'base64') return bytes.toString(encoding);
      const xml = decodeXml(bytes);
      return name.startsWith('word/') ? withSkippedParts(xml, comments) : xml;
    },
  };
  return { file } as unknown as Input;
}

const decodeXml = (bytes: Buffer): string =>
  new TextDecoder(bytes[0] === 0xff ? 'utf-16le' : bytes[0] === 0xfe ? 'utf-16be' : 'utf-8').decode(bytes);
