import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TextPart } from '../splitting/chunk';
import { Expansion } from './archive';
import { detect, type Format } from './detect';
import { type EngineAnswer, textOfAnswer } from './external/answers';
import { ExtractionError, type ExtractionLimits, type ExtractionSummary } from './extraction';
import { refuse } from './messages';
import type { AttachedFile, FormatReader, Fragment, Reading } from './reading';
import type { Recogniser } from './recognition/recogniser';
import { textParts } from './text-parts';

/** A format's libraries are loaded with its first document. */
const READERS: Readonly<Record<Format, () => Promise<FormatReader>>> = {
  pdf: async () => (await import('./formats/pdf/pdf')).readPdf,
  docx: async () => (await import('./formats/docx')).readDocx,
  xlsx: async () => (await import('./formats/xlsx')).readXlsx,
  pptx: async () => (await import('./formats/pptx')).readPptx,
  odt: async () => (await import('./formats/open-document')).readOpenDocument,
  ods: async () => (await import('./formats/open-document')).readOpenDocument,
  odp: async () => (await import('./formats/open-document')).readOpenDocument,
  epub: async () => (await import('./formats/epub')).readEpub,
  html: async () => (await import('./formats/html')).readHtml,
  csv: async () => (await import('./formats/csv')).readCsv,
  xml: async () => (await import('./formats/xml')).readXmlText,
  markdown: async () => (await import('./formats/text')).readText,
  json: async () => (await import('./formats/json')).readJson,
  notebook: async () => (await import('./formats/notebook')).readNotebook,
  picture: async () => (await import('./formats/picture')).readPicture,
  calendar: async () => (await import('./formats/calendar')).readCalendar,
  outlook: async () => (await import('./formats/outlook')).readOutlook,
  zip: async () => (await import('./formats/zip')).readZip,
  captions: async () => (await import('./formats/captions')).readCaptions,
  mail: async () => (await import('./formats/mail')).readMail,
  code: async () => (await import('./formats/text')).readText,
  text: async () => (await import('./formats/text')).readText,
};

export interface DocumentRequest {
  path: string;
  name: string;
  contentType?: string;
  /** The file is what another server answered. */
  answer?: EngineAnswer;
  limits: ExtractionLimits;
  /** A directory of this document's own, which may not exist yet; the caller removes it. */
  scratch: string;
  recogniser: Recogniser;
  progress: (done: number, total: number) => void;
}

/** A document that is read part by part; `summary` is complete after the last part. */
export interface OpenDocument {
  summary: Omit<ExtractionSummary, 'chunks'>;
  parts: AsyncGenerator<TextPart>;
}

/** Detects the format and reads the text in this process. Every error is an `ExtractionError`, here and in `parts`. */
export async function readDocument(request: DocumentRequest): Promise<OpenDocument> {
  const { answer, limits, scratch, recogniser, progress } = request;
  try {
    const file = answer ? await textOfAnswer(request.path, join(scratch, 'answered'), answer) : request;
    const { path, name, contentType } = file;
    const { size } = await stat(path);
    if (size === 0) throw refuse.empty();
    if (size > limits.maxBytes) throw refuse.tooLarge(size, limits);
    const { format, head } = await detect(path, { name, contentType, limits });
    const summary = { format, textLength: 0 };
    const expansion = new Expansion(size, limits);
    const within = { limits, scratch, recogniser, expansion, depth: 1 };
    const attached = (inner: AttachedFile) => attachedText(inner, within);
    const reading: Reading = { path, name, size, head, limits, expansion, summary, progress, recogniser, attached };
    const reader = await READERS[format]();
    return { summary, parts: partsOf(reader, reading) };
  } catch (error) {
    throw reasonOf(error);
  }
}

async function* partsOf(reader: FormatReader, reading: Reading): AsyncGenerator<TextPart> {
  try {
    yield* textParts(reader(reading), reading);
    if (reading.summary.textLength === 0) throw refuse.empty();
  } catch (error) {
    throw reasonOf(error);
  }
}

/** Deepest nesting of attachments: a mail in a mail in a mail. */
const MAX_DEPTH = 3;

/**
 * The text of a file within a document; if it cannot be read the reason is in the text, and the rest of the document is still read.
 */
async function* attachedText(
  { name, contentType, bytes }: AttachedFile,
  within: Pick<DocumentRequest, 'limits' | 'scratch' | 'recogniser'> & { expansion: Expansion; depth: number },
): AsyncGenerator<Fragment, boolean> {
  const { limits, scratch, recogniser, expansion, depth } = within;
  if (depth > MAX_DEPTH || (bytes instanceof Uint8Array && bytes.byteLength === 0)) return false;
  const path = join(scratch, String(depth));
  try {
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    await writeFile(path, bytes, { mode: 0o600 });
    const { size } = await stat(path);
    if (size === 0) return false;
    if (size > limits.maxBytes) throw refuse.tooLarge(size, limits);
    const { format, head } = await detect(path, { name, contentType, limits });
    const attached = (file: AttachedFile) => attachedText(file, { ...within, depth: depth + 1 });
    const summary = { format, textLength: 0 };
    const reader = await READERS[format]();
    const progress = (): void => undefined;
    const reading: Reading = { path, name, size, head, limits, expansion, summary, progress, recogniser, attached };
    for await (const { text, markup, heading } of reader(reading))
      yield { text, markup, heading: heading === undefined ? name : `${name} > ${heading}` };
    return true;
  } catch (error) {
    const reason = reasonOf(error);
    // A bomb within an archive is one of the archive itself.
    if (reason.reason === 'expands-too-much') throw reason;
    yield { text: `(This file cannot be read. ${reason.message})\n`, markup: 'plain', heading: name };
    return false;
  }
}

/**
 * Maps a library's error: the file is one that no program writes. The message may quote the document and is dropped.
 */
function reasonOf(error: unknown): ExtractionError {
  if (error instanceof ExtractionError) return error;
  if (error instanceof RangeError && /allocation failed|Invalid (string|array|typed array) length/i.test(error.message))
    return new ExtractionError(
      'too-much-memory',
      'The file needs more memory than there is for one document. Split it into smaller files.',
      { cause: error },
    );
  return refuse.damaged(undefined, { cause: error });
}
