/** How text is split. The names of the settings are in parentheses. */
export interface SplitOptions {
  /** What `chunkSize` and `chunkOverlap` count: UTF-16 code units, or tokens of cl100k_base (`RAG_TEXT_SPLITTER`). */
  splitter: 'character' | 'token';
  /** The longest chunk (`CHUNK_SIZE`). */
  chunkSize: number;
  /** How much of a chunk's end the next one repeats, at most; less than `chunkSize` (`CHUNK_OVERLAP`). */
  chunkOverlap: number;
  /** Shorter sections under headings are joined with the next one; 0: never (`CHUNK_MIN_SIZE_TARGET`). */
  minSizeTarget: number;
  /** Cut at Markdown headings H1 to H6 first (`ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER`). */
  markdownHeadings: boolean;
}

/** The reference's defaults. */
export const DEFAULT_SPLIT: Readonly<SplitOptions> = {
  splitter: 'character',
  chunkSize: 1_000,
  chunkOverlap: 100,
  minSizeTarget: 0,
  markdownHeadings: true,
};

/**
 * A piece of a document's extracted text. The text of the document is the texts of its parts one after the other, and
 * a document always gives the same parts.
 */
export interface TextPart {
  text: string;
  /** Page or slide, from 1, where the format has them. */
  page?: number;
  /** What the document itself calls that page, if it is not its number: `iv`. */
  pageLabel?: string;
  /** Of a recording: when it begins, in seconds. */
  startSeconds?: number;
  /** Its text goes on from the part before, under the same headings, although the page is another one. */
  continues?: boolean;
  /** Name of this part besides its own headings: the sheet of a workbook. */
  heading?: string;
  /** Whether lines that begin with `#` are headings here. */
  markup: 'markdown' | 'plain';
}

/** One chunk of a document. */
export interface Chunk {
  /** From 0, in the order of the text, without gaps. */
  ordinal: number;
  /** Exactly `document.slice(start, end)`, never blank, without a lone surrogate and without NUL. */
  text: string;
  /** Where it begins and ends in the document's extracted text, in UTF-16 code units. */
  start: number;
  end: number;
  /** Page or slide, from 1, where the format has them. A chunk never spans two. */
  page?: number;
  /** What the document itself calls that page, if it is not its number. */
  pageLabel?: string;
  /** Of a recording: when its part begins, in seconds. */
  startSeconds?: number;
  /** Its headings, outermost first, joined by ` > `. */
  heading?: string;
  /** SHA-256 of `text` as UTF-8, in hex: the key of the cache of embeddings. */
  hash: string;
}
