import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { Archive } from './archive';
import { ExtractionError, type ExtractionLimits } from './extraction';
import { refuse } from './messages';
import { foreignKind, pictureTypeOf } from './signatures';

/** Formats that can be read. */
export type Format =
  | 'pdf'
  | 'docx'
  | 'xlsx'
  | 'pptx'
  | 'odt'
  | 'ods'
  | 'odp'
  | 'epub'
  | 'html'
  | 'markdown'
  | 'csv'
  | 'json'
  | 'notebook'
  | 'mail'
  | 'outlook'
  | 'calendar'
  | 'zip'
  | 'picture'
  | 'captions'
  | 'xml'
  | 'code'
  | 'text';

const HEAD_BYTES = 64 * 1024;

const CODE =
  'js mjs cjs jsx ts mts cts tsx py pyi rb php java kt kts scala go rs c h cc cpp cxx hpp hh cs swift m mm pl pm lua r jl sh bash zsh ps1 bat sql css scss sass less vue svelte astro yaml yml toml ini cfg conf properties env gradle groovy dart ex exs erl hs clj lisp el vim asm s proto graphql tf dockerfile makefile cmake diff patch log tex bib';

/** The kind of text that an extension suggests. All other text is read as plain text. */
const TEXT_KINDS = new Map<string, Format>([
  ...CODE.split(' ').map((extension): [string, Format] => [extension, 'code']),
  ['md', 'markdown'],
  ['markdown', 'markdown'],
  ['mdx', 'markdown'],
  ['html', 'html'],
  ['htm', 'html'],
  ['xhtml', 'html'],
  ['csv', 'csv'],
  ['tsv', 'csv'],
  ['tab', 'csv'],
  ['json', 'json'],
  ['jsonl', 'json'],
  ['ndjson', 'json'],
  ['geojson', 'json'],
  ['ipynb', 'notebook'],
  ['eml', 'mail'],
  ['mht', 'mail'],
  ['mhtml', 'mail'],
  ['vtt', 'captions'],
  ['srt', 'captions'],
  ['ics', 'calendar'],
  ['ical', 'calendar'],
  ['xml', 'xml'],
  ['xsd', 'xml'],
  ['xsl', 'xml'],
  ['xslt', 'xml'],
  ['rss', 'xml'],
  ['atom', 'xml'],
  ['opml', 'xml'],
]);

const TYPES = new Map<string, Format>([
  ['text/markdown', 'markdown'],
  ['text/html', 'html'],
  ['application/xhtml+xml', 'html'],
  ['text/csv', 'csv'],
  ['text/tab-separated-values', 'csv'],
  ['application/json', 'json'],
  ['application/x-ipynb+json', 'notebook'],
  ['message/rfc822', 'mail'],
  ['multipart/related', 'mail'],
  ['text/vtt', 'captions'],
  ['application/x-subrip', 'captions'],
  ['text/calendar', 'calendar'],
  ['text/xml', 'xml'],
  ['application/xml', 'xml'],
]);

/** Extensions of files that are never text. Not DOC and XLS: many programs export HTML under these names. */
const NOT_TEXT = new Set(
  'pdf docx docm dotx xlsx xlsm xlsb pptx pptm odt ods odp epub zip gz 7z rar png jpg jpeg gif webp bmp tif tiff heic mp3 wav m4a ogg flac mp4 mov avi mkv webm exe dll so bin'.split(
    ' ',
  ),
);

const MIMETYPES = new Map<string, Format>([
  ['application/vnd.oasis.opendocument.text', 'odt'],
  ['application/vnd.oasis.opendocument.spreadsheet', 'ods'],
  ['application/vnd.oasis.opendocument.presentation', 'odp'],
  ['application/epub+zip', 'epub'],
]);

/**
 * Detects the format of a file by its content; the name and the declared type only choose between kinds of text, which look alike. Throws
 * `unsupported`, `encrypted`, `damaged` or `wrong-type`.
 */
export async function detect(
  path: string,
  { name, contentType, limits }: { name: string; contentType?: string; limits: ExtractionLimits },
): Promise<{ format: Format; head: Uint8Array }> {
  const head = await readHead(path);
  const extension = extname(name).slice(1).toLowerCase() || name.toLowerCase();
  const start = Buffer.from(head.subarray(0, 1024)).toString('latin1');
  if (isPdf(start, extension)) return { format: 'pdf', head };
  if (start.startsWith('PK\u0003\u0004') || start.startsWith('PK\u0005\u0006'))
    return { format: await formatOfArchive(path, limits), head };
  if (start.startsWith('\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1'))
    return { format: await formatOfCompound(path), head };
  if (start.startsWith('{\\rtf')) throw refuse.unsupported('This is an RTF document', 'Save it as DOCX or PDF.');
  if (pictureTypeOf(head) !== undefined) return { format: 'picture', head };
  const foreign = foreignKind(head);
  if (foreign !== undefined)
    throw refuse.unsupported(`This is ${foreign.what}`, foreign.advice ?? 'Upload a document instead.');
  if (NOT_TEXT.has(extension)) throw wrongType(extension, head);
  return { format: kindOfText(start, extension, contentType), head };
}

/** Other bytes may precede the mark; a text that only mentions it is not a PDF. */
const isPdf = (start: string, extension: string): boolean =>
  start.startsWith('%PDF-') || (start.includes('%PDF-') && !TEXT_KINDS.has(extension) && extension !== 'txt');

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function formatOfArchive(path: string, limits: ExtractionLimits): Promise<Format> {
  const archive = await Archive.open(path, limits);
  try {
    if (archive.has('mimetype')) {
      const format = MIMETYPES.get((await archive.bytes('mimetype')).toString('latin1').trim());
      if (format) return format;
    }
    const { names } = archive;
    const holds = (folder: string): boolean => names.some((entry) => entry.startsWith(folder));
    if (archive.has('[Content_Types].xml')) {
      if (holds('word/')) return 'docx';
      if (holds('xl/')) return 'xlsx';
      if (holds('ppt/')) return 'pptx';
    }
    if (archive.has('META-INF/container.xml')) return 'epub';
    if (names.length === 0) throw refuse.empty();
    if (holds('Index/')) throw refuse.unsupported('This is a document of Apple iWork', 'Export it as PDF or DOCX.');
    return 'zip';
  } finally {
    archive.close();
  }
}

/** Names of streams in the container of old Office files, of mails of Outlook, and of new Office files with a password. */
const PASSWORD = Buffer.from('EncryptedPackage', 'utf16le');
const OUTLOOK = Buffer.from('__properties_version1.0', 'utf16le');

async function formatOfCompound(path: string): Promise<Format> {
  let rest: Buffer = Buffer.alloc(0);
  let isOutlook = false;
  for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    const piece = Buffer.concat([rest, bytes]);
    if (piece.includes(PASSWORD)) throw refuse.encrypted();
    isOutlook ||= piece.includes(OUTLOOK);
    rest = piece.subarray(-OUTLOOK.length);
  }
  if (isOutlook) return 'outlook';
  throw refuse.unsupported(
    'This is a file of an old Office version (DOC, XLS or PPT)',
    'Save it as DOCX, XLSX, PPTX or PDF.',
  );
}

function wrongType(extension: string, head: Uint8Array): ExtractionError {
  return new ExtractionError(
    'wrong-type',
    head.includes(0)
      ? `The file is named .${extension} but is no such file: it is damaged, or has another file's name.`
      : `The file is named .${extension} but holds plain text. If it is a text, give it the ending .txt; if not, it was not saved completely.`,
  );
}

/** Header lines as programs write them; a person's note of From and To has no MIME version. */
const MAIL = /^(?:[A-Za-z][A-Za-z0-9-]{1,60}:[^\n]*\n(?:[ \t][^\n]*\n)*)*?MIME-Version:\s*1\.0/;

function kindOfText(start: string, extension: string, contentType: string | undefined): Format {
  const kind = TEXT_KINDS.get(extension);
  if (kind === 'code') return kind;
  const begins = start.replace(/^\u00EF\u00BB\u00BF/, '').trimStart();
  if (/^<(!doctype\s+html|html[\s>])/i.test(begins)) return 'html';
  if (kind !== undefined) return kind;
  if (/^WEBVTT(\s|$)/.test(begins)) return 'captions';
  if (MAIL.test(begins)) return 'mail';
  if (/^BEGIN:VCALENDAR\b/i.test(begins)) return 'calendar';
  if (/^<\?xml\s/i.test(begins)) return /<html[\s>]/i.test(begins) ? 'html' : 'xml';
  return TYPES.get(contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '') ?? 'text';
}
