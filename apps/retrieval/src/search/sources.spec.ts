import { describe, expect, it } from 'vitest';
import type { SearchResource } from './search.repository';
import { type ScoredChunk, toDistance, toSources } from './sources';

const MODEL = { engine: 'openai', model: 'm' } as const;
const item = (type: SearchResource['type'], id: string): SearchResource => ({
  type,
  id,
  userId: 'u',
  residence: null,
  name: `${type} ${id}`,
});
const chunk = (fileId: string, ordinal: number, over: Partial<ScoredChunk> = {}): ScoredChunk => ({
  id: `${fileId}-${ordinal}`,
  fileId,
  generation: 1,
  ordinal,
  userId: 'u',
  name: `${fileId}.txt`,
  text: `text ${ordinal} of ${fileId}`,
  page: null,
  pageLabel: null,
  startSeconds: null,
  heading: null,
  start: ordinal * 10,
  hash: `hash ${fileId} ${ordinal}`,
  similarity: 0.5,
  score: 0.5,
  ...over,
});

describe('sources', () => {
  it('are one for each item with results, in the order of the items', () => {
    const { sources, count } = toSources(
      [
        { item: item('collection', 'b'), chunks: [chunk('f1', 0), chunk('f2', 3)] },
        { item: item('file', 'empty'), chunks: [] },
        { item: item('file', 'f3'), texts: [{ fileId: 'f3', userId: 'u', name: 'f3.txt', text: 'all of it' }] },
      ],
      MODEL,
    );
    expect(sources.map(({ source, document }) => [source.id, document.length])).toEqual([
      ['b', 2],
      ['f3', 1],
    ]);
    expect(count).toBe(3);
  });

  it('have parallel lists, and places as the wire counts them', () => {
    const { sources } = toSources(
      [
        {
          item: item('file', 'f1'),
          chunks: [chunk('f1', 1, { page: 3, pageLabel: 'iii', heading: 'Guide > Oil', similarity: 0.6 })],
        },
      ],
      MODEL,
    );
    expect(sources[0]).toMatchObject({
      document: ['text 1 of f1'],
      metadata: [{ page: 2, page_label: 'iii', headings: ['Guide', 'Oil'], start_index: 10, embedding_config: MODEL }],
      distances: [0.8],
    });
  });

  it('have a chunk once, and none of a file that was given whole before', () => {
    const { sources } = toSources(
      [
        { item: item('file', 'f1'), texts: [{ fileId: 'f1', userId: 'u', name: 'f1.txt', text: 'whole' }] },
        { item: item('collection', 'b'), chunks: [chunk('f1', 0), chunk('f2', 0)] },
        { item: item('file', 'f2'), chunks: [chunk('f2', 0)] },
      ],
      MODEL,
    );
    expect(sources.map(({ document }) => document)).toEqual([['whole'], ['text 0 of f2']]);
  });

  it('are named by the file, or by its id if two files have the same name', () => {
    const same = { name: 'report.pdf' };
    const { sources, count } = toSources(
      [
        {
          item: item('collection', 'b'),
          chunks: [chunk('f1', 0, same), chunk('f2', 0, same), chunk('f3', 0), chunk('f3', 1)],
        },
      ],
      MODEL,
    );
    expect(sources[0]?.metadata.map(({ source }) => source)).toEqual(['f1', 'f2', 'f3.txt', 'f3.txt']);
    expect(count).toBe(3);
  });

  it('measure from 0 to 1', () => {
    expect([-1, 0, 1, 1.0000001].map(toDistance)).toEqual([0, 0.5, 1, 1]);
  });
});
