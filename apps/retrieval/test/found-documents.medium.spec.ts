import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toPdf, toWordDocument } from '@perennial/testing/documents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Extractor } from '../src/extraction/extraction';
import { createExtractor } from '../src/extraction/extractor';
import { extractorEntry } from './extractor';
import { read, type ReadDocument } from './read';

const FOUND = fileURLToPath(new URL('found/', import.meta.url));

/** Real: the built extractor process. The files in `found/` are small copies of uploads that were once read wrongly. */
describe('documents as people have them', () => {
  let extractor: Extractor;
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'found-'));
    extractor = createExtractor({ entry: await extractorEntry(), processes: 1, tempDir: dir });
  });
  afterAll(async () => {
    await extractor?.close();
    await rm(dir, { recursive: true, force: true });
  });

  const found = (name: string): Promise<ReadDocument> => read(extractor, { path: FOUND + name }, { name });
  const readBytes = async (name: string, bytes: Buffer | string): Promise<ReadDocument> => {
    const path = join(dir, 'document');
    await writeFile(path, bytes);
    return read(extractor, { path }, { name });
  };

  it('PDF: the values of form fields are beside their labels', async () => {
    const { text, summary } = await found('form.pdf');
    expect(text).toContain('Surname: FIELDVALUE Miller');
    expect(text).toContain('Agree: checked');
    expect(text).toContain('colour: CHOICEGREEN');
    expect(summary).toMatchObject({ pages: 1, emptyPages: 0 });
  });

  it('PDF: any bytes after its end are ignored; a truncated file is still detected', async () => {
    expect((await found('trailing-nul.pdf')).text).toBe('PLAINWORD invoice 4711');
    const whole = await toPdf(['The first page.', 'The second page.']);
    const { text } = await readBytes('long-tail.pdf', Buffer.concat([whole, Buffer.alloc(2_000_000, 'x')]));
    expect(text).toContain('The second page.');
    // It contains an older end mark, and the objects of a later revision follow it.
    const cut = Buffer.concat([
      whole,
      Buffer.from('\n12 0 obj\n<< /Length 90000 >>\nstream\n'),
      Buffer.alloc(40_000, 'x'),
    ]);
    await expect(readBytes('cut.pdf', cut)).rejects.toMatchObject({ reason: 'damaged' });
  });

  it('XLSX: durations, column names below a title, without a first one, with years; formulas without a result', async () => {
    const { text } = await found('all.xlsx');
    for (const line of [
      'Quarterly report',
      'Region: North | Date: 2024-03-01 | Amount: 1234.5 | Share: 25%',
      'Amount: =SUM(C3:C4)',
      'Region: Total hours | Date: 30:15',
      'Region: Neg | Date: -5',
      '0 | name: bolt | qty: 5',
      'Item: Sold | 2021: 1 | 2022: 2 | 2023: 3',
      'k: multi | v: line one line two',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('DOCX: equations and text boxes, each once', async () => {
    const { text } = await found('all.docx');
    expect(text).toContain('Energy is EQUATIONmc2');
    for (const word of ['TEXTBOXWORD', 'BOXNOFALLBACK', 'CONTENTCONTROL', 'INSERTEDTWELVE', 'FIELDSIMPLE']) {
      expect(text.split(word)).toHaveLength(2);
    }
    expect(text).not.toContain('DELETEDTEN');
    const box = '<w:txbxContent><w:p><w:r><w:t>BOXALONE</w:t></w:r></w:p></w:txbxContent>';
    const word = await toWordDocument(
      `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:drawing>${box}</w:drawing></w:r></w:p></w:body></w:document>`,
    );
    expect((await readBytes('box.docx', word)).text).toBe('BOXALONE');
  });

  it('PPTX: a chart’s categories with their values, on its slide', async () => {
    const { chunks } = await found('all.pptx');
    const slide = chunks.find(({ text }) => text.includes('Chart slide'));
    expect(slide?.page).toBe(2);
    expect(slide?.text).toContain('CATALPHA | SERIESONE: 41.5');
    expect(slide?.text).toContain('CATBETA | SERIESONE: 17.25');
  });

  it('EML: subject, people and the decoded text', async () => {
    const { text } = await found('mail.eml');
    expect(text).toContain('Grüße EMLSUBJECT');
    expect(text).toContain('From: a@example.org');
    expect(text).toContain('To: b@example.org');
    expect(text).toContain('The EMLBODY says the meeting is at noon.');
    expect(text).not.toContain('VGhlIEVN');
    const form = (type: string, body: string): string => `--b\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`;
    const letter =
      'Subject: Letter\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n' +
      `${form('text/plain', 'The words of the picture.')}${form('text/html', '<img src="letter.png">')}--b--\r\n`;
    expect((await readBytes('letter.eml', letter)).text).toContain('The words of the picture.');
  });

  it('EML: attachments are named and read like files, including mails; unreadable ones have a note', async () => {
    const part = (type: string, name: string, bytes: Buffer): string =>
      `--b\r\nContent-Type: ${type}\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n${bytes.toString('base64')}\r\n`;
    const mail =
      'From: A <a@example.org>\r\nSubject: Papers\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n' +
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the papers.\r\n' +
      part('application/pdf', 'offer.pdf', await toPdf(['The offer is 4711 Euro.'])) +
      part('application/octet-stream', 'inner.eml', await readFile(`${FOUND}mail.eml`)) +
      part('application/pdf', 'broken.pdf', Buffer.from('%PDF-1.7 and no more')) +
      part('image/png', 'logo.png', Buffer.from('\x89PNG\r\n', 'latin1')) +
      '--b--\r\n';
    const { chunks, text } = await readBytes('papers.eml', mail);
    expect(text).toContain('Date: 2026-11-02T10:00:00.000Z');
    expect(text).toContain('See the papers.');
    for (const name of ['offer.pdf', 'inner.eml', 'broken.pdf', 'logo.png'])
      expect(text).toContain(`Attachment: ${name}`);
    expect(text).toContain('The offer is 4711 Euro.');
    expect(text).toContain('The EMLBODY says the meeting is at noon.');
    expect(text).toContain('(This file cannot be read. The PDF ends too early');
    expect(chunks.every(({ page }) => page === undefined)).toBe(true);
    // Nothing of the attachments stays behind.
    const [own] = await readdir(join(dir, 'perennial-extraction')).catch(() => []);
    expect(own === undefined ? [] : await readdir(join(dir, 'perennial-extraction', own))).toEqual([]);
  });

  it('MHTML: the page as text, without its encodings and pictures', async () => {
    const { text } = await found('page.mhtml');
    expect(text).toContain('MHTMLWORD grün');
    expect(text).not.toMatch(/3D"x"|y1Gz/);
  });

  it('IPYNB: texts, code and printed outputs, no pictures', async () => {
    const { text, chunks } = await found('nb.ipynb');
    expect(text).toContain('NBTEXT');
    expect(text).toContain('print("café NBCODE")');
    expect(text).not.toContain('lgeoSYu7');
    expect(chunks.length).toBeLessThan(3);
    const outputs = [
      { output_type: 'stream', text: ['printed\n', 'lines'] },
      { output_type: 'execute_result', data: { 'text/plain': '42', 'image/png': 'AAAA' } },
      { output_type: 'error', ename: 'ValueError', evalue: 'no such thing', traceback: ['noise'] },
    ];
    const notebook = JSON.stringify({ cells: [{ cell_type: 'code', source: 'run()', outputs }, null, 7] });
    expect((await readBytes('own.ipynb', notebook)).text).toBe(
      'run()\n\nprinted\nlines\n42\nValueError: no such thing',
    );
    expect((await readBytes('none.ipynb', '{"cells": 7')).text).toBe('{"cells": 7');
  });

  it('JSON: decoded escapes', async () => {
    const { text } = await found('esc.json');
    expect(text).toContain('überprüfung JSONWORD');
    expect(text).toContain('你好');
  });

  it('CSV: an unclosed quote only causes a note', async () => {
    const { text } = await found('quote.csv');
    expect(text.split('\n').slice(0, 5)).toEqual([
      'id | desc',
      'id: 1 | desc: 5" disk',
      '(A quote opens near line 3 and is never closed.)',
      'id: 2 | desc: "unclosed quote here',
      'id: 3 | desc: last CSVLAST',
    ]);
  });
});
