import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getResolvedPDFJS } from 'unpdf';
import { ExtractionError } from '../extraction';
import { refuse } from '../messages';
import type { FormatReader, Fragment, Reading } from '../reading';
import { fieldLines, type PlacedText } from './pdf-fields';

/** End mark of a PDF; anything after it is ignored, unless it is another object. */
const END = '%%EOF';
const OBJECT = /\d\s+\d+\s+obj\b/;
/** If a file is cut after an older end mark, objects follow at once. */
const LOOKED_AT_BYTES = 1024 * 1024;
const TAIL_BYTES = 16 * 1024;
/** Lines further apart than this, in line heights, are separate paragraphs. */
const PARAGRAPH_GAP = 1.7;

/**
 * Character maps of East Asian fonts that are not embedded. The build puts them beside this program; its sources use those of pdf.js' package,
 * which is installed for development alone. Without them pdf.js silently omits the text of such fonts. The package's name is not written as a
 * specifier, because `npm run deps` would then list it among what the shipped service installs: 40 MB that it never loads.
 */
function characterMaps(): string {
  const built = fileURLToPath(new URL('cmaps/', import.meta.url));
  return existsSync(built)
    ? built
    : join(createRequire(import.meta.url).resolve(`${'pdfjs-dist'}/package.json`), '../cmaps/');
}

/** The text of each page, with the pages' numbers. Throws `no-text` for a scan. */
export const readPdf: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const { limits, summary } = reading;
  const bytes = await readFile(reading.path);
  // pdf.js repairs a truncated file and finds some of its pages: the missing rest would go unnoticed.
  if (!isWhole(bytes))
    throw refuse.damaged('The PDF ends too early: it was cut off, or only a part of it was uploaded');
  const { getDocument, VerbosityLevel } = await getResolvedPDFJS();
  const task = getDocument({
    data: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    isEvalSupported: false,
    useSystemFonts: false,
    disableFontFace: true,
    useWorkerFetch: false,
    cMapUrl: characterMaps(),
    cMapPacked: true,
    maxImageSize: 1,
    verbosity: VerbosityLevel.ERRORS,
  });
  try {
    const pdf = await task.promise.catch((error: unknown) => {
      throw refused(error);
    });
    if (pdf.numPages > limits.maxPages) throw refuse.tooManyPages(pdf.numPages, 'pages', limits);
    summary.pages = pdf.numPages;
    summary.emptyPages = 0;
    for (let number = 1; number <= pdf.numPages; number += 1) {
      const page = await pdf.getPage(number);
      const items = (await page.getTextContent()).items.filter((item) => 'str' in item);
      const fields = fieldLines(await page.getAnnotations({ intent: 'any' }), items);
      const text = [pageText(items), ...fields].filter((part) => part.trim() !== '').join('\n');
      page.cleanup();
      if (text.trim() === '') summary.emptyPages += 1;
      else yield { text, page: number, markup: 'plain' };
      reading.progress(number, pdf.numPages);
    }
    if (summary.emptyPages === pdf.numPages) throw noText(pdf.numPages);
  } finally {
    await task.destroy();
  }
};

function isWhole(bytes: Buffer): boolean {
  if (bytes.subarray(-TAIL_BYTES).includes('startxref')) return true;
  const end = bytes.lastIndexOf(END);
  return end >= 0 && !OBJECT.test(bytes.subarray(end, end + LOOKED_AT_BYTES).toString('latin1'));
}

function refused(error: unknown): ExtractionError {
  return error instanceof Error && error.name === 'PasswordException'
    ? refuse.encrypted()
    : refuse.damaged('The PDF is damaged and cannot be opened', { cause: error });
}

const noText = (pages: number) =>
  new ExtractionError(
    'no-text',
    `No text was found on the ${pages === 1 ? 'page' : `${pages} pages`} of the PDF: they are pictures, as of a scan. Text in pictures is not recognised (there is no OCR). Upload a PDF with a text layer.`,
  );

/** A run of text from pdf.js. */
interface Item extends PlacedText {
  hasEOL: boolean;
  height: number;
}

/** A hyphenated word at a line end. A search would not find its halves. */
const DIVIDED = /(\p{L})-\n(?=\p{Ll})/gu;

/** Lines as on the page, separate paragraphs, joined words. */
function pageText(items: readonly Item[]): string {
  let text = '';
  let lineEnded = false;
  let last: { y: number; height: number } | undefined;
  for (const { str, hasEOL, height, transform } of items) {
    const y = transform[5];
    if (str.trim() !== '' && y !== undefined) {
      if (lineEnded && last && Math.abs(last.y - y) > PARAGRAPH_GAP * Math.max(last.height, height)) text += '\n';
      last = { y, height };
      lineEnded = false;
    }
    text += str;
    if (hasEOL) {
      text += '\n';
      lineEnded = true;
    }
  }
  return text.replace(DIVIDED, '$1');
}
