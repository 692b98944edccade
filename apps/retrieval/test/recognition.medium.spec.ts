import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgedDocument } from '@perennial/testing/documents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Extractor } from '../src/extraction/extraction';
import { createExtractor } from '../src/extraction/extractor';
import { extractorEntry } from './extractor';
import { read } from './read';

/** A page takes seconds on a busy machine. */
const LIMIT_MS = 120_000;
const SCAN = { path: judgedDocument('lease.pdf') };

/** Real: the built extractor process with Tesseract. What it recognises is judged in `judged-documents.medium.spec.ts`. */
describe('recognising text in scans', () => {
  let extractor: Extractor;
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'recognition-'));
    extractor = createExtractor({ entry: await extractorEntry(), processes: 1, tempDir: dir });
  });
  afterAll(async () => {
    await extractor?.close();
    await rm(dir, { recursive: true, force: true });
  });

  it(
    'is limited in pages: the others are left out, and the text says so',
    async () => {
      const { text, summary, chunks } = await read(extractor, SCAN, {
        name: 'lease.pdf',
        limits: { maxRecognisedPages: 1 },
      });
      expect(summary).toMatchObject({ pages: 2, recognisedPages: 1, emptyPages: 1 });
      expect(text).toContain('385 pounds a quarter');
      expect(text).toContain('(1 pages of this document are pictures: more than 1 are not recognised.)');
      expect(chunks.at(-1)?.page).toBe(2);
    },
    LIMIT_MS,
  );

  it('is limited in time for each page, and the next document is read', async () => {
    await expect(read(extractor, SCAN, { name: 'lease.pdf', limits: { recognisedPageMs: 20 } })).rejects.toMatchObject({
      reason: 'no-text',
      message: expect.stringMatching(/could not be recognised, or not in time/),
    });
    const path = join(dir, 'next.txt');
    await writeFile(path, 'the next document');
    expect((await read(extractor, { path }, { name: 'next.txt' })).text).toBe('the next document');
  });

  it('is off without a language that is installed', async () => {
    const none = createExtractor({
      entry: await extractorEntry(),
      processes: 1,
      tempDir: dir,
      recognition: { languages: ['../../etc/passwd', 'xyz'], dir },
    });
    try {
      await expect(read(none, SCAN, { name: 'lease.pdf' })).rejects.toMatchObject({
        reason: 'no-text',
        message: expect.stringMatching(/OCR_LANGUAGES/),
      });
      await expect(read(none, { path: judgedDocument('ferry.jpg') }, { name: 'ferry.jpg' })).rejects.toMatchObject({
        reason: 'unsupported',
      });
    } finally {
      await none.close();
    }
  });
});
