import { describe, expect, it } from 'vitest';
import { citedDocuments, placesWords } from './citations';

const source = (
  name: string,
  ...places: { source: string; page?: number; file_id?: string; headings?: string[] }[]
) => ({
  source: { type: 'file', id: `id-${name}`, name },
  document: places.map((_, at) => `${name} ${at}`),
  metadata: places,
});

describe('citedDocuments', () => {
  it('numbers the different documents over all sources, in order, and collects the passages of each', () => {
    const documents = citedDocuments([
      source('base', { source: 'a.pdf', page: 2, file_id: 'a' }, { source: 'b.md', headings: ['One', 'Two'] }),
      source('a.pdf', { source: 'a.pdf', page: 0, file_id: 'a' }, { source: 'c.txt' }),
    ]);
    expect(documents.map(({ number, fileId }) => [number, fileId])).toEqual([
      [1, 'a'],
      [2, 'id-base'],
      [3, 'id-a.pdf'],
    ]);
    expect(documents[0]?.passages.map(({ text, page }) => [text, page])).toEqual([
      ['base 0', 3],
      ['a.pdf 0', 1],
    ]);
    expect(documents[1]?.passages[0]?.headings).toEqual(['One', 'Two']);
  });

  it('uses the source itself if a text has no metadata', () => {
    const [document] = citedDocuments([{ source: { id: 'x', name: 'X' }, document: ['text'], metadata: [] }]);
    expect(document).toEqual({
      number: 1,
      name: 'X',
      fileId: undefined,
      passages: [{ text: 'text', page: undefined, startSeconds: undefined, headings: [] }],
    });
  });

  it('ignores malformed sources', () => {
    expect(citedDocuments(undefined)).toEqual([]);
    expect(citedDocuments('sources')).toEqual([]);
    expect(citedDocuments([null, { document: 'no list' }, source('a', { source: 'a' })])).toHaveLength(1);
  });
});

describe('placesWords', () => {
  it('names each page once, in order', () => {
    const passage = (page?: number) => ({ text: '', page, headings: [] });
    expect(placesWords([passage(7), passage(2), passage(7), passage()])).toBe('pages 2, 7');
    expect(placesWords([passage(3)])).toBe('page 3');
    expect(placesWords([passage()])).toBe('');
  });

  it('names the times of a recording', () => {
    const [document] = citedDocuments([
      {
        source: { id: 'x', name: 'talk.mp3' },
        document: ['later', 'first'],
        metadata: [{ start_seconds: 3_607 }, { start_seconds: 185 }],
      },
    ]);
    expect(placesWords(document?.passages ?? [])).toBe('at 3:05, 1:00:07');
  });
});
