import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getResolvedPDFJS } from 'unpdf';
import { ExtractionError } from '../../extraction';
import { refuse } from '../../messages';
import type { FormatReader, Fragment, Reading } from '../../reading';
import type { Recogniser } from '../../recognition/recogniser';
import { fieldLines } from './fields';
import { pagePicture } from './page-picture';
import { PageTexts } from './page-text';

/** End mark of a PDF; anything after it is ignored, unless it is another object. */
const END = '%%EOF';
const OBJECT = /\d\s+\d+\s+obj\b/;
/** If a file is cut after an older end mark, objects follow at once. */
const LOOKED_AT_BYTES = 1024 * 1024;
const TAIL_BYTES = 16 * 1024;
/** Points of a picture that is decoded: more than a scanner makes of a page. */
const MOST_PIXELS = 60_000_000;
/** A page with fewer letters is a picture with a stamp or a number. */
const FEW_LETTERS = 40;
/** A label of a page is a number or a few letters. */
const LONGEST_LABEL = 32;

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

type PdfJs = Awaited<ReturnType<typeof getResolvedPDFJS>>;
type Pdf = Awaited<ReturnType<PdfJs['getDocument']>['promise']>;
/** A page from pdf.js. */
export type ReadablePage = Awaited<ReturnType<Pdf['getPage']>>;

/**
 * The text of each page, with the pages' numbers; of a page that is a picture what is recognised in it. Throws `no-text` if that is nothing.
 */
export const readPdf: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const { limits, summary, recogniser } = reading;
  const bytes = await readFile(reading.path);
  // pdf.js repairs a truncated file and finds some of its pages: the missing rest would go unnoticed.
  if (!isWhole(bytes))
    throw refuse.damaged('The PDF ends too early: it was cut off, or only a part of it was uploaded');
  const { getDocument, VerbosityLevel, OPS } = await getResolvedPDFJS();
  const task = getDocument({
    data: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    isEvalSupported: false,
    useSystemFonts: false,
    disableFontFace: true,
    useWorkerFetch: false,
    cMapUrl: characterMaps(),
    cMapPacked: true,
    isOffscreenCanvasSupported: false,
    maxImageSize: MOST_PIXELS,
    verbosity: VerbosityLevel.ERRORS,
  });
  try {
    const pdf = await task.promise.catch((error: unknown) => {
      throw refused(error);
    });
    if (pdf.numPages > limits.maxPages) throw refuse.tooManyPages(pdf.numPages, 'pages', limits);
    summary.pages = pdf.numPages;
    summary.emptyPages = 0;
    const labels = await pdf.getPageLabels().catch(() => null);
    const texts = new PageTexts();
    for (let number = 1; number <= pdf.numPages; number += 1) {
      const page = await pdf.getPage(number);
      const blocks = [await writtenText(page, texts)];
      if (lettersIn(blocks[0]) < FEW_LETTERS && recogniser.available) {
        blocks.push(await recogniser.text(() => pagePicture(page, OPS)));
        if (blocks[1]?.trim()) summary.recognisedPages = (summary.recognisedPages ?? 0) + 1;
      }
      page.cleanup();
      const text = blocks.filter((block) => block.trim() !== '').join('\n');
      const place = {
        page: number,
        ...labelOf(labels?.[number - 1], number),
        continues: true,
        markup: 'markdown',
      } as const;
      if (text === '') summary.emptyPages += 1;
      else yield { text, ...place };
      if (number === pdf.numPages && recogniser.omitted !== undefined && summary.emptyPages < number)
        yield {
          text: `\n(${summary.emptyPages} pages of this document are pictures: ${recogniser.omitted}.)`,
          ...place,
        };
      reading.progress(number, pdf.numPages);
    }
    if (summary.emptyPages === pdf.numPages) throw noText(pdf.numPages, recogniser);
  } finally {
    await task.destroy();
  }
};

/** The text that is written on a page, and in its form. */
async function writtenText(page: ReadablePage, texts: PageTexts): Promise<string> {
  const items = (await page.getTextContent()).items.filter((item) => 'str' in item);
  const fields = fieldLines(await page.getAnnotations({ intent: 'any' }), items);
  const { height } = page.getViewport({ scale: 1 });
  return [texts.add(items, height), ...fields].filter((part) => part.trim() !== '').join('\n');
}

const lettersIn = (text = ''): number => text.replace(/[^\p{L}\p{N}]/gu, '').length;

/** A label that says more than the number does. */
function labelOf(label: unknown, number: number): { pageLabel?: string } {
  if (typeof label !== 'string') return {};
  const pageLabel = label.trim().slice(0, LONGEST_LABEL);
  return pageLabel === '' || pageLabel === String(number) ? {} : { pageLabel };
}

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

function noText(pages: number, { available, omitted }: Recogniser): ExtractionError {
  const where = pages === 1 ? 'page' : `${pages} pages`;
  const why = !available
    ? 'Text in pictures is not recognised on this installation (OCR_LANGUAGES).'
    : `No text was recognised in them${omitted === undefined ? '' : `: ${omitted}`}.`;
  return new ExtractionError(
    'no-text',
    `No text was found on the ${where} of the PDF: they are pictures, as of a scan. ${why} Upload a PDF with a text layer.`,
  );
}
