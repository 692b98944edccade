import { Document, HeadingLevel, Packer, Paragraph, Table, TableCell, TableRow } from 'docx';
import officeCrypto from 'officecrypto-tool';
import writeExcel from 'write-excel-file/node';
import { toZip } from './zip';

/** A piece of a document: a heading, a paragraph, a list or a table. */
export type Block =
  | { heading: string; level: 1 | 2 | 3 | 4 | 5 | 6 }
  | { text: string }
  | { items: readonly string[] }
  | { rows: readonly (readonly string[])[] };

export type Cell = string | number | boolean | Date | null;

export interface SheetContent {
  name: string;
  rows: readonly (readonly Cell[])[];
}

/** A Word document, made with a library that people use for it. */
export async function toDocx(blocks: readonly Block[]): Promise<Buffer> {
  const children = blocks.flatMap((block): (Paragraph | Table)[] => {
    if ('heading' in block)
      return [new Paragraph({ text: block.heading, heading: HeadingLevel[`HEADING_${block.level}`] })];
    if ('text' in block) return [new Paragraph(block.text)];
    if ('items' in block) return block.items.map((text) => new Paragraph({ text, bullet: { level: 0 } }));
    const rows = block.rows.map(
      (cells) => new TableRow({ children: cells.map((text) => new TableCell({ children: [new Paragraph(text)] })) }),
    );
    return [new Table({ rows })];
  });
  return Packer.toBuffer(new Document({ sections: [{ children }] }));
}

/** A Word document with exactly this XML, for cases that no library writes. */
export function toWordDocument(document: string): Promise<Buffer> {
  const packages = 'http://schemas.openxmlformats.org/package/2006';
  const type = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml';
  return toZip({
    '[Content_Types].xml': `<Types xmlns="${packages}/content-types"><Override PartName="/word/document.xml" ContentType="${type}"/></Types>`,
    '_rels/.rels': `<Relationships xmlns="${packages}/relationships"><Relationship Id="r1" Type="${RELATIONS}/officeDocument" Target="word/document.xml"/></Relationships>`,
    'word/document.xml': document,
  });
}

/** An Excel workbook. Dates are stored as dates. */
export async function toXlsx(sheets: readonly SheetContent[]): Promise<Buffer> {
  const cell = (value: Cell) =>
    value instanceof Date ? { value, type: Date, format: 'yyyy-mm-dd' } : value === null ? null : { value };
  return writeExcel(
    sheets.map(({ name, rows }) => ({ sheet: name, data: rows.map((row) => row.map(cell)) })),
  ).toBuffer();
}

/** A Word, Excel or PowerPoint file with a password, as Office encrypts it. */
export function encryptedOffice(file: Buffer, password: string): Buffer {
  return officeCrypto.encrypt(file, { password, type: 'standard' });
}

const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

export interface Slide {
  title: string;
  lines: readonly string[];
  notes?: string;
}

const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PRESENTATION =
  'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"';

const relations = (links: readonly (readonly [id: string, type: string, target: string])[]): string =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${links
    .map(([id, type, target]) => `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`)
    .join('')}</Relationships>`;

const shape = (placeholder: string, lines: readonly string[]): string =>
  `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${placeholder}"/></p:nvPr></p:nvSpPr><p:txBody>${lines
    .map((line) => `<a:p><a:r><a:t>${escaped(line)}</a:t></a:r></a:p>`)
    .join('')}</p:txBody></p:sp>`;

/**
 * A PowerPoint presentation with the parts that a reader needs. The order of the file names differs from the order of the slides.
 */
export async function toPptx(slides: readonly Slide[]): Promise<Buffer> {
  const file = (at: number): string => `slide${slides.length - at}.xml`;
  const entries: Record<string, string> = {
    '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    '_rels/.rels': relations([['rId1', 'officeDocument', 'ppt/presentation.xml']]),
    'ppt/presentation.xml': `<p:presentation ${PRESENTATION} xmlns:r="${RELATIONS}"><p:sldIdLst>${slides
      .map((_, at) => `<p:sldId id="${256 + at}" r:id="rId${at + 1}"/>`)
      .join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relations(
      slides.map((_, at) => [`rId${at + 1}`, 'slide', `slides/${file(at)}`]),
    ),
  };
  for (const [at, { title, lines, notes }] of slides.entries()) {
    entries[`ppt/slides/${file(at)}`] =
      `<p:sld ${PRESENTATION}><p:cSld><p:spTree>${shape('body', lines)}${shape('title', [title])}${shape('sldNum', [String(at + 1)])}</p:spTree></p:cSld></p:sld>`;
    if (notes === undefined) continue;
    entries[`ppt/slides/_rels/${file(at)}.rels`] = relations([['rId1', 'notesSlide', `../notesSlides/${file(at)}`]]);
    entries[`ppt/notesSlides/${file(at)}`] =
      `<p:notes ${PRESENTATION}><p:cSld><p:spTree>${shape('sldImg', [])}${shape('body', [notes])}</p:spTree></p:cSld></p:notes>`;
  }
  return toZip(entries);
}

const OPEN_DOCUMENT =
  'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" office:version="1.3"';

const openDocument = (kind: 'text' | 'spreadsheet', body: string, encrypted = false): Promise<Buffer> =>
  toZip(
    {
      mimetype: `application/vnd.oasis.opendocument.${kind}`,
      'content.xml': `<office:document-content ${OPEN_DOCUMENT}><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`,
      'META-INF/manifest.xml': `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="content.xml">${encrypted ? '<manifest:encryption-data/>' : ''}</manifest:file-entry></manifest:manifest>`,
    },
    { stored: ['mimetype'] },
  );

const openCell = (text: string): string => `<table:table-cell><text:p>${escaped(text)}</text:p></table:table-cell>`;

/** An OpenDocument text. With `encrypted` its manifest marks it as encrypted. */
export async function toOdt(blocks: readonly Block[], { encrypted = false } = {}): Promise<Buffer> {
  const body = blocks.map((block) => {
    if ('heading' in block) return `<text:h text:outline-level="${block.level}">${escaped(block.heading)}</text:h>`;
    if ('text' in block) return `<text:p>${escaped(block.text)}</text:p>`;
    if ('items' in block)
      return `<text:list>${block.items.map((item) => `<text:list-item><text:p>${escaped(item)}</text:p></text:list-item>`).join('')}</text:list>`;
    return `<table:table>${block.rows.map((row) => `<table:table-row>${row.map(openCell).join('')}</table:table-row>`).join('')}</table:table>`;
  });
  return openDocument('text', body.join(''), encrypted);
}

/** An OpenDocument sheet. Each row ends with the empty cells up to the edge, as LibreOffice writes them. */
export async function toOds(sheets: readonly SheetContent[]): Promise<Buffer> {
  const edge = '<table:table-cell table:number-columns-repeated="16380"/>';
  const body = sheets.map(({ name, rows }) => {
    const lines = rows.map(
      (row) => `<table:table-row>${row.map((value) => openCell(String(value))).join('')}${edge}</table:table-row>`,
    );
    return `<table:table table:name="${escaped(name)}">${lines.join('')}<table:table-row table:number-rows-repeated="1048000">${edge}</table:table-row></table:table>`;
  });
  return openDocument('spreadsheet', body.join(''));
}

export interface Chapter {
  title: string;
  paragraphs: readonly string[];
}

/** An EPUB. With `locked` its `encryption.xml` lists its chapters as encrypted (DRM). */
export async function toEpub(chapters: readonly Chapter[], { locked = false } = {}): Promise<Buffer> {
  const entries: Record<string, string> = {
    mimetype: 'application/epub+zip',
    'META-INF/container.xml':
      '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
    'OPS/book.opf': `<package xmlns="http://www.idpf.org/2007/opf"><manifest>${chapters
      .map((_, at) => `<item id="c${at}" href="chapter%20${at}.xhtml" media-type="application/xhtml+xml"/>`)
      .join('')}</manifest><spine>${chapters.map((_, at) => `<itemref idref="c${at}"/>`).join('')}</spine></package>`,
  };
  for (const [at, { title, paragraphs }] of chapters.entries())
    entries[`OPS/chapter ${at}.xhtml`] =
      `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>${escaped(title)}</title><script src="x.js"/></head><body><h1>${escaped(title)}</h1>${paragraphs
        .map((text) => `<p>${escaped(text)}</p>`)
        .join('')}</body></html>`;
  if (locked)
    entries['META-INF/encryption.xml'] =
      '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData><CipherData><CipherReference URI="OPS/chapter%200.xhtml"/></CipherData></EncryptedData></encryption>';
  return toZip(entries, { stored: ['mimetype'] });
}
