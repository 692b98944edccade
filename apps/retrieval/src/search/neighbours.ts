import { Inject, Injectable } from '@nestjs/common';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { characterBoundary } from '../splitting/pieces';
import { type NeighbourText, SearchRepository } from './search.repository';
import type { ScoredChunk } from './sources';

/** UTF-16 units that are added to one reply. */
const MAX_ADDED = 20_000;

/** Gives chunks that were cut within a section with the text around them. */
@Injectable()
export class Neighbours {
  constructor(
    private readonly repository: SearchRepository,
    @Inject(RETRIEVAL_ENV) private readonly env: Pick<RetrievalEnv, 'RAG_NEIGHBOUR_CHARS'>,
  ) {}

  /**
   * The same chunks, with the end of the one before and the beginning of the one after, if these are of the same page and under the same headings.
   * No text is given twice.
   */
  async around(lists: readonly (readonly ScoredChunk[])[]): Promise<ScoredChunk[][]> {
    const most = this.env.RAG_NEIGHBOUR_CHARS;
    const chunks = lists.flat();
    if (most === 0 || chunks.length === 0) return lists.map((list) => [...list]);
    const given = new Set(chunks.map(keyOf));
    const found = chunks.map((): NeighbourText[] => []);
    for (const neighbour of await this.repository.neighbours(chunks)) found[neighbour.n]?.push(neighbour);
    let left = MAX_ADDED;
    const extended = new Map<ScoredChunk, ScoredChunk>();
    for (const [at, chunk] of chunks.entries()) {
      let wider = chunk;
      for (const neighbour of found[at] ?? []) {
        const key = keyOf({ ...chunk, ordinal: neighbour.ordinal });
        if (given.has(key) || left <= 0) continue;
        const next = joined(wider, neighbour, Math.min(most, left));
        if (next === wider) continue;
        given.add(key);
        left -= next.text.length - wider.text.length;
        wider = next;
      }
      extended.set(chunk, wider);
    }
    return lists.map((list) => list.map((chunk) => extended.get(chunk) ?? chunk));
  }
}

const keyOf = ({ fileId, ordinal }: Pick<ScoredChunk, 'fileId' | 'ordinal'>): string => `${fileId} ${ordinal}`;

/** Both as they stand in the document, where they may overlap. */
function joined(chunk: ScoredChunk, { ordinal, text, start, end }: NeighbourText, most: number): ScoredChunk {
  const chunkEnd = chunk.start + chunk.text.length;
  if (ordinal < chunk.ordinal) {
    const blank = Math.max(0, chunk.start - end);
    const before = lastPart(text.slice(0, Math.max(0, chunk.start - start)), most);
    if (before === '') return chunk;
    return { ...chunk, text: before + between(blank) + chunk.text, start: chunk.start - blank - before.length };
  }
  const after = firstPart(text.slice(Math.max(0, chunkEnd - start)), most);
  return after === '' ? chunk : { ...chunk, text: chunk.text + between(start - chunkEnd) + after };
}

/** Texts beside each other are apart by blanks only, whose kind does not matter. */
const between = (blanks: number): string => (blanks > 0 ? '\n' : '');

/** Whole words, unless a word is longer. */
function firstPart(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, characterBoundary(text, most));
  return cut.slice(0, cut.search(/\s\S*$/) + 1).trimEnd() || cut;
}

function lastPart(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(characterBoundary(text, text.length - most));
  return cut.slice(cut.search(/\s/) + 1) || cut;
}
