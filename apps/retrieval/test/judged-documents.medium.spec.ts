import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, JUDGED_DOCUMENTS, judgedDocument, keywordSearch, type Passage } from '@perennial/testing/documents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Extractor } from '../src/extraction/extraction';
import { createExtractor } from '../src/extraction/extractor';
import { extractorEntry } from './extractor';
import { read } from './read';

/** Text is recognised in five pictures, which takes seconds for each on a busy machine. */
const READING_LIMIT_MS = 300_000;

/**
 * Real: the built extractor process, documents with known answers (`libs/testing/judged`): tables over page breaks, columns, scans, footnotes,
 * merged cells, formulas, mail threads, slides, in three languages. The search is by keywords; `npm run bench:extraction` asks the built system.
 */
describe('documents with known answers', () => {
  let extractor: Extractor;
  let dir: string;
  const passages: Passage[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'judged-'));
    extractor = createExtractor({ entry: await extractorEntry(), processes: 2, tempDir: dir });
    const readOne = async (document: string): Promise<void> => {
      // A picture with text is not described.
      const describer = { name: 'Nobody', url: '', request: () => expect.unreachable(), answer: () => '' };
      const request = { name: document, media: { describer } };
      const { chunks } = await read(extractor, { path: judgedDocument(document) }, request);
      for (const { text, page, pageLabel: label, heading } of chunks)
        passages.push({ text, at: { document, page, label, headings: heading?.split(' > ') } });
    };
    await Promise.all(JUDGED_DOCUMENTS.map(readOne));
  }, READING_LIMIT_MS);
  afterAll(async () => {
    await extractor?.close();
    await rm(dir, { recursive: true, force: true });
  });

  it.each(['tuning', 'held-out'] as const)('are found and cited where the answer stands (%s)', async (half) => {
    const { hit, cited, missed } = await judge(half, keywordSearch(passages));
    expect({ hit, cited, missed }).toEqual({
      hit: expect.toSatisfy(isEnough),
      cited: expect.toSatisfy(isEnough),
      missed,
    });
  });
});

/** Of the questions, on each half. */
const isEnough = (share: number): boolean => share >= 0.95;
