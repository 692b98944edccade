import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encryptedOffice,
  overlappedZip,
  plainText,
  scannedPdf,
  toDocx,
  toEpub,
  toOdt,
  toPdf,
  toWordDocument,
  toXlsx,
  toZip,
} from '@perennial/testing/documents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ExtractionError, ExtractionLimits, ExtractionReason, Extractor } from '../src/extraction/extraction';
import { createExtractor } from '../src/extraction/extractor';
import { extractorEntry } from './extractor';
import { read } from './read';

const MIB = 1024 * 1024;
const CONTENT_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>';

/** Real: the built extractor process, and files that crash other readers. */
describe('a file that cannot be read', () => {
  let extractor: Extractor;
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bad-documents-'));
    extractor = createExtractor({ entry: await extractorEntry(), processes: 1, tempDir: dir });
  });
  afterAll(async () => {
    await extractor?.close();
    await rm(dir, { recursive: true, force: true });
  });
  afterEach(async () => {
    // After any file the next one is read, and nothing is left behind.
    const path = join(dir, 'next.txt');
    await writeFile(path, 'the next document');
    expect((await read(extractor, { open: () => createReadStream(path) }, { name: 'next.txt' })).text).toBe(
      'the next document',
    );
    const [own] = await readdir(join(dir, 'perennial-extraction'));
    expect(await readdir(join(dir, 'perennial-extraction', own ?? ''))).toEqual([]);
  });

  const failure = async (path: string, name: string, limits?: Partial<ExtractionLimits>): Promise<ExtractionError> => {
    const error: unknown = await read(extractor, { path }, { name, limits }).then(
      () => new Error('it was read'),
      (reason: unknown) => reason,
    );
    return error as ExtractionError;
  };
  const expectReason = async (
    name: string,
    bytes: Buffer | string,
    reason: ExtractionReason,
    says: RegExp,
    limits?: Partial<ExtractionLimits>,
  ): Promise<void> => {
    const path = join(dir, 'document');
    await writeFile(path, bytes);
    const error = await failure(path, name, limits);
    expect({ reason: error.reason, message: error.message }).toEqual({ reason, message: expect.stringMatching(says) });
  };

  const nested = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

  it.each([
    ['divs.html', nested('<div>', '</div>', 450_000)],
    ['unclosed.html', '<span>'.repeat(900_000)],
    ['tree.xml', `<?xml version="1.0"?>${nested('<a>', '</a>', 500_000)}`],
  ])('is a tree that is too deep (%s): it is refused at once', async (name, text) => {
    await expectReason(name, text, 'too-deep', /4,000 levels deep/, { timeMs: 15_000 });
  });

  it('is a tree that is too deep in a container', async () => {
    const w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
    const docx = (body: string) => toWordDocument(`<w:document ${w}><w:body>${body}<w:p/></w:body></w:document>`);
    // Its reader has a stack of its own, which overflows sooner.
    const sections = await docx(nested('<w:sdt>', '</w:sdt>', 300_000));
    await expectReason('deep.docx', sections, 'damaged', /damaged/, { timeMs: 15_000 });
    const boxes = await docx(`<m:oMath/>${nested('<w:txbxContent>', '</w:txbxContent>', 40_000)}`);
    await expectReason('boxes.docx', boxes, 'too-deep', /4,000 levels deep/, { timeMs: 15_000 });
    const odt = await toZip({
      mimetype: 'application/vnd.oasis.opendocument.text',
      'content.xml': `<office:document-content xmlns:office="o" xmlns:text="t">${nested('<text:span>', '</text:span>', 300_000)}</office:document-content>`,
    });
    await expectReason('deep.odt', odt, 'too-deep', /4,000 levels deep/, { timeMs: 15_000 });
  });

  it('is a PDF that was cut off', async () => {
    const whole = await toPdf([plainText(3_000), plainText(3_000)]);
    await expectReason('cut.pdf', whole.subarray(0, whole.length * 0.6), 'damaged', /cut off.*upload it again/);
    await expectReason('cut.pdf', whole.subarray(0, 200), 'damaged', /cut off/);
    await expectReason(
      'noise.pdf',
      `%PDF-1.7\n${randomBytes(5_000).toString('latin1')}\nstartxref\n%%EOF`,
      'damaged',
      /cannot be opened/,
    );
  });

  it('is a zip bomb: flat, overlapping, or with too many entries', async () => {
    const zeros = Buffer.alloc(64 * MIB);
    const flat = await toZip({ '[Content_Types].xml': CONTENT_TYPES, 'word/document.xml': zeros });
    expect(flat.length).toBeLessThan(200_000);
    await expectReason('bomb.docx', flat, 'expands-too-much', /zip bomb/);
    const small = await toZip({ '[Content_Types].xml': CONTENT_TYPES, 'word/00000-document.xml': Buffer.alloc(MIB) });
    await expectReason('bomb.docx', overlappedZip(small, 3_000), 'expands-too-much', /zip bomb/);
    // Each of them alone is small.
    const part = await toZip({ 'a.bin': Buffer.alloc(30 * MIB) });
    await expectReason('parts.zip', await toZip({ 'a.zip': part, 'b.zip': part }), 'expands-too-much', /zip bomb/);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`word/${at}.xml`, 'x']));
    await expectReason('many.docx', await toZip(many), 'expands-too-much', /zip bomb/, { maxEntries: 200 });
  });

  it('is a zip bomb that lies about its size', async () => {
    const lying = await toZip({
      '[Content_Types].xml': CONTENT_TYPES,
      '_rels/.rels':
        '<Relationships><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
      'word/document.xml': Buffer.alloc(64 * MIB, ' '),
    });
    const directory = lying.lastIndexOf('word/document.xml') - 46;
    lying.writeUInt32LE(1_000, directory + 24);
    await expectReason('bomb.docx', lying, 'damaged', /damaged/);
  });

  it('is a zip in a zip in a zip: few levels are opened', async () => {
    let zip = await toZip({ 'deepest.txt': Buffer.alloc(10 * MIB) });
    for (let depth = 0; depth < 5; depth += 1)
      zip = await toZip(Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`${at}.zip`, zip])));
    await expectReason('nested.zip', zip, 'unsupported', /zip archive without a file that can be read/);
  });

  it('is 2 GiB of zeros', async () => {
    const path = join(dir, 'sparse');
    const file = await open(path, 'w');
    await file.truncate(2 * 1024 * MIB);
    await file.close();
    expect(await failure(path, 'sparse.txt')).toMatchObject({
      reason: 'too-large',
      message: expect.stringMatching(/2\.0 GiB.*256\.0 MiB/),
    });
    const stream = createReadStream(path);
    await expect(
      read(extractor, { open: () => stream }, { name: 'sparse.txt', limits: { maxBytes: 20 * MIB } }),
    ).rejects.toMatchObject({
      reason: 'too-large',
      message: expect.stringMatching(/20\.0 MiB/),
    });
    expect(stream.destroyed).toBe(true);
    expect(await failure(path, 'sparse.txt', { maxBytes: 3 * 1024 * MIB })).toMatchObject({ reason: 'unsupported' });
    await rm(path);
  });

  it('has the extension of another format', async () => {
    await expectReason('report.pdf', 'just some words', 'wrong-type', /named \.pdf but holds plain text/);
    await expectReason(
      'letter.docx',
      '<html><body>Please log in</body></html>',
      'wrong-type',
      /\.docx but holds plain text/,
    );
    const noise = Buffer.concat([Buffer.from([0, 1, 2, 3]), randomBytes(5_000)]);
    await expectReason('letter.docx', noise, 'wrong-type', /damaged/);
    await expectReason('notes.txt', noise, 'unsupported', /neither text nor a document of a known kind/);
  });

  it('has a password', async () => {
    await expectReason('secret.pdf', await toPdf(['secret'], { password: 'open' }), 'encrypted', /password.*Remove/);
    const docx = await toDocx([{ text: 'secret' }]);
    await expectReason('secret.docx', encryptedOffice(docx, 'open'), 'encrypted', /password/);
    const xlsx = await toXlsx([{ name: 'A', rows: [['secret']] }]);
    await expectReason('secret.xlsx', encryptedOffice(xlsx, 'open'), 'encrypted', /password/);
    await expectReason('secret.odt', await toOdt([{ text: 'x' }], { encrypted: true }), 'encrypted', /password/);
    const book = await toEpub([{ title: 'A', paragraphs: ['b'] }], { locked: true });
    await expectReason('bought.epub', book, 'encrypted', /locked by its seller/);
  });

  it('is empty, or blank', async () => {
    await expectReason('empty.txt', '', 'empty', /empty/);
    await expectReason('blank.md', ' \n\n\t\n', 'empty', /no text/);
    await expectReason('empty.docx', await toDocx([]), 'empty', /no text/);
    await expectReason('empty.pdf', '', 'empty', /empty/);
  });

  it('is a table of a million columns', async () => {
    const row = Array.from({ length: 1_000_000 }, (_, at) => at).join(',');
    await expectReason('wide.csv', `${row}\n${row}\n`, 'too-many-columns', /1,000,000 columns; up to 16,384/);
    await expectReason('wide.csv', `a,b\n${row}\n`, 'too-many-columns', /1,000,000 columns/);
    await expectReason('quote.csv', `a,b\n"never closed,${'x'.repeat(20 * MIB)}`, 'damaged', /quote/);
  });

  it('is text in an unknown encoding', async () => {
    const broken = Buffer.concat([Buffer.from('Größe ä ö ü '), Buffer.from([0xc3, 0x28]), Buffer.from(' ende')]);
    await expectReason('broken.txt', broken, 'encoding', /Byte 17 .* not valid UTF-8.*Save the file again as UTF-8/);
    const cut = Buffer.from('übermäßig größer €').subarray(0, -1);
    await expectReason('cut.txt', cut, 'encoding', /not valid UTF-8/);
    const cyrillic = Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0x20, 0xcc, 0xe8, 0xf0]);
    await expectReason('privet.txt', cyrillic, 'encoding', /encoding of the text is unknown/);
  });

  it('is a calendar whose line never ends, or a mail of Outlook that is none', async () => {
    const endless = `BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:${'a'.repeat(3 * MIB)}`;
    await expectReason('endless.ics', endless, 'damaged', /line of the calendar has no end/);
    await expectReason('folded.ics', endless.replace(/a{60}/g, '$&\n '), 'damaged', /line of the calendar has no end/);
    const mail = Buffer.concat([
      Buffer.from('d0cf11e0a1b11ae1', 'hex'),
      Buffer.alloc(600, 0xfe),
      Buffer.from('__properties_version1.0', 'utf16le'),
      Buffer.alloc(4_096, 1),
    ]);
    await expectReason('broken.msg', mail, 'damaged', /mail is damaged/);
  });

  it('is a scan', async () => {
    await expectReason('scan.pdf', await scannedPdf(3), 'no-text', /3 pages.*No text was recognised.*text layer/);
  });

  it('is a picture without text, a sound, a video, an archive, a program', async () => {
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    await expectReason('photo.png', png, 'no-text', /No text was recognised/);
    await expectReason('photo.txt', png, 'no-text', /No text was recognised/);
    const huge = Buffer.from(png);
    huge.writeUInt32BE(60_000, 16);
    huge.writeUInt32BE(60_000, 20);
    await expectReason('huge.png', huge, 'too-large', /60000 by 60000 points/);
    await expectReason('moving.gif', Buffer.from('GIF89a\0\0'), 'unsupported', /picture \(GIF\).*PNG, JPEG and WebP/);
    await expectReason('song.mp3', Buffer.from('ID3\x04\0\0\0\0\0\0'), 'unsupported', /sound file/);
    await expectReason('film.mp4', Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0'), 'unsupported', /video/);
    await expectReason('logs.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0]), 'unsupported', /Unpack it/);
    const old = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(4_096)]);
    await expectReason('old.doc', old, 'unsupported', /old Office version.*Save it as DOCX/);
    await expectReason('a.rtf', '{\\rtf1 hello}', 'unsupported', /RTF.*DOCX or PDF/);
  });

  it('is an Office document that was cut off or is broken inside', async () => {
    const docx = await toDocx([{ text: plainText(5_000) }]);
    await expectReason('cut.docx', docx.subarray(0, docx.length - 100), 'damaged', /damaged or was cut off/);
    const bytes = Buffer.from(docx);
    bytes.fill(0xaa, 60, 400);
    await expectReason('broken.docx', bytes, 'damaged', /Save the document again/);
    const xml = await toZip({ '[Content_Types].xml': CONTENT_TYPES, 'word/document.xml': '<w:document><open>' });
    await expectReason('broken.docx', xml, 'damaged', /Save the document again/);
    await expectReason(
      'broken.pptx',
      await toZip({ '[Content_Types].xml': '<a/>', 'ppt/x.xml': '<a/>' }),
      'damaged',
      /damaged/,
    );
  });

  it('exceeds the limits of pages, text or columns', async () => {
    await expectReason('long.pdf', await toPdf(['a', 'b', 'c']), 'too-many-pages', /3 pages; up to 2/, { maxPages: 2 });
    await expectReason('long.txt', plainText(300_000), 'too-much-text', /more than 200,000 characters/, {
      maxTextLength: 200_000,
    });
    await expectReason('sections.md', '# a\nb\n'.repeat(2_000), 'too-much-text', /more than 1,000 pieces/, {
      maxChunks: 1_000,
    });
    const wide = await toXlsx([{ name: 'A', rows: [Array.from({ length: 50 }, (_, at) => at)] }]);
    await expectReason('wide.xlsx', wide, 'too-many-columns', /columns; up to 20/, { maxColumns: 20 });
  });
});
