import type { Expansion } from './archive';
import type { ExtractionLimits, ExtractionSummary } from './extraction';
import type { Recogniser } from './recognition/recogniser';

/** Later times of a recording are this one: more than 60 years, and the most that the database keeps. */
export const LATEST_SECONDS = 2 ** 31 - 1;

/** Output of a format's reader: pieces of any length, in order. */
export interface Fragment {
  text: string;
  /** Page or slide, from 1, where the format has them. */
  page?: number;
  /** What the document itself calls that page, if it is not its number: `iv`. */
  pageLabel?: string;
  /** Of a recording: when it begins, in seconds. */
  startSeconds?: number;
  /** It goes on from the page before, under the same headings. */
  continues?: boolean;
  /** Heading of this part, for example the sheet of a workbook. */
  heading?: string;
  /** Whether lines that begin with `#` are headings. */
  markup: 'markdown' | 'plain';
}

/** A file within a document, such as the attachment of a mail. */
export interface AttachedFile {
  name: string;
  contentType: string;
  bytes: Uint8Array | AsyncIterable<Uint8Array>;
}

/** One document that is being read. */
export interface Reading {
  path: string;
  name: string;
  /** Bytes of the file. */
  size: number;
  /** The first 64 KiB of it. */
  head: Uint8Array;
  limits: ExtractionLimits;
  /** Of the whole document, of which this may be a part. */
  expansion: Expansion;
  /** The reader's results so far. */
  summary: Omit<ExtractionSummary, 'chunks'>;
  /** Reports progress: pages done, of how many. */
  progress(done: number, total: number): void;
  /** Recognises text in pictures. */
  recogniser: Recogniser;
  /**
   * Reads a nested file by its own format's reader; never throws because of that file, but says so in its text.
   *
   * @returns whether it could be read
   */
  attached(file: AttachedFile): AsyncGenerator<Fragment, boolean>;
}

/**
 * Reads one format. It throws an `ExtractionError` for errors that a user can fix; any other error means a damaged file.
 */
export type FormatReader = (reading: Reading) => AsyncIterable<Fragment>;
