import { createHash } from 'node:crypto';
import { characterRanges } from './characters';
import type { Chunk, SplitOptions, TextPart } from './chunk';
import { Headings, type Section } from './headings';
import { type Range, trimmed } from './pieces';
import { type CountTokens, loadTokenCounter, tokenRanges, tokensOf } from './tokens';

/**
 * Splits the parts of one document into chunks, part by part. Deterministic. `chunk.text` is exactly `document.slice(chunk.start,
 * chunk.end)`, and text outside of all chunks is blank.
 */
export class DocumentSplitter {
  private readonly headings = new Headings();
  private ordinal = 0;
  private offset = 0;
  private last: TextPart | undefined;

  /** `count` is needed for the splitter by tokens only; see `createSplitter`. */
  constructor(
    private readonly options: SplitOptions,
    private readonly count?: CountTokens,
  ) {
    const { chunkSize, chunkOverlap } = options;
    if (!Number.isInteger(chunkSize) || chunkSize < 1)
      throw new RangeError('chunkSize is a whole number of at least 1');
    if (!Number.isInteger(chunkOverlap) || chunkOverlap < 0 || chunkOverlap >= chunkSize)
      throw new RangeError('chunkOverlap is a whole number of at least 0 and less than chunkSize');
    if (options.splitter === 'token' && !count) throw new RangeError('the splitter by tokens needs a counter');
  }

  /** The chunks of the next part of the document. */
  push(part: TextPart): Chunk[] {
    const elsewhere = this.last && (this.last.page !== part.page || this.last.heading !== part.heading);
    if (elsewhere && part.continues !== true) this.headings.reset();
    this.last = part;
    const chunks: Chunk[] = [];
    for (const section of this.sections(part)) {
      const heading = [...(part.heading === undefined ? [] : [part.heading]), ...section.path].join(' > ');
      for (const range of this.ranges(part.text, section)) {
        const within = trimmed(part.text, range);
        if (within) chunks.push(this.chunk(part, within, heading));
      }
    }
    this.offset += part.text.length;
    return chunks;
  }

  private chunk(part: TextPart, range: Range, heading: string): Chunk {
    const text = part.text.slice(range.start, range.end);
    return {
      ordinal: this.ordinal++,
      text,
      start: this.offset + range.start,
      end: this.offset + range.end,
      ...(part.page === undefined ? {} : { page: part.page }),
      ...(part.pageLabel === undefined ? {} : { pageLabel: part.pageLabel }),
      ...(part.startSeconds === undefined ? {} : { startSeconds: part.startSeconds }),
      ...(heading === '' ? {} : { heading }),
      hash: createHash('sha256').update(text).digest('hex'),
    };
  }

  private sections({ text, markup }: TextPart): Section[] {
    if (!this.options.markdownHeadings || markup !== 'markdown') return [{ start: 0, end: text.length, path: [] }];
    const sections = this.headings.sections(text);
    return this.options.minSizeTarget > 0 ? this.joined(text, sections) : sections;
  }

  /** Joins short sections with the next ones, as long as they fit into a chunk. */
  private joined(text: string, sections: Section[]): Section[] {
    const joined: Section[] = [];
    let size = 0;
    for (const section of sections) {
      const last = joined.at(-1);
      const own = this.measure(text, section);
      if (last && size < this.options.minSizeTarget && size + own <= this.options.chunkSize) {
        last.end = section.end;
        size += own;
      } else {
        joined.push({ ...section });
        size = own;
      }
    }
    return joined;
  }

  private measure(text: string, range: Range): number {
    return this.count && this.options.splitter === 'token'
      ? tokensOf(text, range, this.count)
      : range.end - range.start;
  }

  private ranges(text: string, range: Range): Iterable<Range> {
    const { splitter, chunkSize, chunkOverlap } = this.options;
    return splitter === 'token' && this.count
      ? tokenRanges(text, range, chunkSize, chunkOverlap, this.count)
      : characterRanges(text, range, chunkSize, chunkOverlap);
  }
}

let counter: Promise<CountTokens> | undefined;

/** A splitter for one document. The vocabulary of the splitter by tokens is loaded once per process, when first needed. */
export async function createSplitter(options: SplitOptions): Promise<DocumentSplitter> {
  if (options.splitter !== 'token') return new DocumentSplitter(options);
  counter ??= loadTokenCounter();
  return new DocumentSplitter(options, await counter);
}

/**
 * The text of a document from all its chunks in order, with the same offsets. Text outside of all chunks is blank, so only the kind of blanks
 * between two chunks may differ.
 */
export function textOfChunks(chunks: Iterable<Pick<Chunk, 'text' | 'start' | 'end'>>): string {
  const texts: string[] = [];
  let end = 0;
  for (const chunk of chunks) {
    if (chunk.end <= end) continue;
    if (chunk.start > end) texts.push(blanks(chunk.start - end));
    texts.push(chunk.text.slice(Math.max(0, end - chunk.start)));
    end = chunk.end;
  }
  return texts.join('');
}

const blanks = (length: number): string => (length <= 2 ? '\n'.repeat(length) : `\n\n${' '.repeat(length - 2)}`);
