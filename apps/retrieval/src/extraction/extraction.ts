import type { Readable } from 'node:stream';
import type { Chunk, SplitOptions } from '../splitting/chunk';
import type { MediaEngines } from './external/engines';

/** Limits of one document. */
export interface ExtractionLimits {
  /** The file itself, in bytes. */
  maxBytes: number;
  /** Pages, slides or sheets. */
  maxPages: number;
  /** Extracted text, in UTF-16 code units. */
  maxTextLength: number;
  /** Chunks of the text: many tiny sections would cost far more than their text. */
  maxChunks: number;
  /** Unpacked bytes of a container's entries (DOCX, XLSX, PPTX, ODT, ODS, EPUB), counted while they are unpacked. */
  maxExpandedBytes: number;
  /** Maximum ratio of unpacked to packed size, once that is more than 32 MiB. */
  maxExpansionRatio: number;
  /** Entries of a container. */
  maxEntries: number;
  /** Columns of a row of a table. */
  maxColumns: number;
  /** How long the extractor may work on it, in milliseconds, without the time in which it waits for its reader. */
  timeMs: number;
  /** Resident memory of the extractor's process, in MiB. */
  memoryMiB: number;
  /** Pages without text, and pictures, in which text is recognised; the others are left out. */
  maxRecognisedPages: number;
  /** How long one of them may take, in milliseconds. */
  recognisedPageMs: number;
  /** How long all of them may take, beside `timeMs`, in milliseconds. */
  recognitionMs: number;
}

export const DEFAULT_LIMITS: Readonly<ExtractionLimits> = {
  maxBytes: 256 * 1024 * 1024,
  maxPages: 10_000,
  maxTextLength: 50_000_000,
  maxChunks: 200_000,
  maxExpandedBytes: 512 * 1024 * 1024,
  maxExpansionRatio: 150,
  maxEntries: 20_000,
  maxColumns: 16_384,
  timeMs: 120_000,
  memoryMiB: 1_024,
  maxRecognisedPages: 300,
  recognisedPageMs: 60_000,
  recognitionMs: 600_000,
};

/** Why there is no text. */
export type ExtractionReason =
  /** No bytes, or nothing but blanks. */
  | 'empty'
  /** Pages without text, or a picture, in which none was recognised. */
  | 'no-text'
  | 'too-large'
  | 'too-many-pages'
  | 'too-much-text'
  | 'too-many-columns'
  /** A container that unpacks to far more than it is: a zip bomb. */
  | 'expands-too-much'
  /** A kind of file that no text is read from (sound, archives, programs, old Office files). */
  | 'unsupported'
  /** The name says one kind, the content is another one. */
  | 'wrong-type'
  | 'encrypted'
  | 'damaged'
  /** Text in no encoding that can be told. */
  | 'encoding'
  /** Elements within elements within elements, beyond what any writer makes. */
  | 'too-deep'
  /** The time limit. */
  | 'too-slow'
  /** The memory limit. */
  | 'too-much-memory'
  /** The extractor ended without saying why (killed from outside). */
  | 'crashed'
  /** The bytes could not be read to their end. */
  | 'source'
  /** The server that reads such documents could not be asked: it never saw this one. */
  | 'engine-away';

interface ExtractionErrorOptions extends ErrorOptions {
  retryAfterS?: number;
  isDown?: boolean;
  isDoubtful?: boolean;
}

/**
 * A document without text, with the reason: `message` is for its uploader and says what to do; it never quotes the document.
 */
export class ExtractionError extends Error {
  override readonly name = 'ExtractionError';
  /** When the server that reads such documents wants to be asked again. */
  readonly retryAfterS: number | undefined;
  /** Nothing is at that server's address, or a gateway without it. */
  readonly isDown: boolean;
  /** It may be away because of this document, so that it is not asked for ever. */
  readonly isDoubtful: boolean;

  constructor(
    readonly reason: ExtractionReason,
    message: string,
    { retryAfterS, isDown = false, isDoubtful = false, ...options }: ExtractionErrorOptions = {},
  ) {
    super(message, options);
    this.retryAfterS = retryAfterS;
    this.isDown = isDown;
    this.isDoubtful = isDoubtful;
  }

  /** Whether a retry with the same bytes may succeed. A slow document would delay others again for as long. */
  get retryable(): boolean {
    return this.reason === 'crashed' || this.reason === 'source' || this.reason === 'engine-away';
  }
}

/**
 * Source of the bytes. A stream is first spooled to a temporary file, at most `maxBytes` of it; it is opened when its turn has come, so that
 * no connection waits in the queue until it is cut.
 */
export type ExtractionSource = { path: string } | { open: () => Readable | Promise<Readable> };

export interface ExtractionRequest {
  /** The uploaded name; only its extension is used, and only if the content leaves a choice. */
  name: string;
  /** As declared by the browser; a hint like the extension. */
  contentType?: string;
  split: SplitOptions;
  /** Servers that read what this service cannot; none by default. */
  media?: MediaEngines;
  /** The same for the same bytes: by it is remembered what was recognised in a picture whose description has to wait. */
  identity?: string;
  /** Called before a server is asked that takes minutes and has its price. It may abort the extraction. */
  beforeRecording?: () => void;
  /** Over `DEFAULT_LIMITS`. */
  limits?: Partial<ExtractionLimits>;
  /** Ends the extraction at once; the iteration throws the signal's reason. */
  signal?: AbortSignal;
}

/** Result of an extraction. */
export interface ExtractionSummary {
  /** `pdf`, `docx`, `xlsx`, `pptx`, `odt`, `ods`, `epub`, `html`, `markdown`, `csv`, `json`, `notebook`, `mail`, `picture`, `captions`, `xml`, `code` or `text`. */
  format: string;
  /** Pages, slides or sheets, where the format has them. */
  pages?: number;
  /** Pages on which no text was found (pictures only). */
  emptyPages?: number;
  /** Pages whose text was recognised in their pictures. */
  recognisedPages?: number;
  /** How text was encoded, for text formats. */
  encoding?: string;
  /** Length of the extracted text, in UTF-16 code units. */
  textLength: number;
  chunks: number;
}

/** What an extraction reports, in this order: any number of `chunks` and `progress`, then one `done`. */
export type ExtractionEvent =
  | { kind: 'chunks'; chunks: Chunk[] }
  | { kind: 'progress'; done: number; total: number }
  | { kind: 'done'; summary: ExtractionSummary };

/** Extracts documents in separate processes. */
export interface Extractor {
  /**
   * Reads a document and splits it into chunks, both in a child process, with backpressure: a slow reader stops the child instead of filling
   * this process's memory. Leaving the loop early kills the child. Throws an `ExtractionError`.
   */
  extract(source: ExtractionSource, request: ExtractionRequest): AsyncGenerator<ExtractionEvent, void, undefined>;
  /** Kills all children and removes all temporary files; extractions under way throw `crashed`. */
  close(): Promise<void>;
}
