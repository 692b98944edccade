import type { Chunk, SplitOptions } from '../splitting/chunk';
import type { EngineAnswer } from './external/answers';
import type { ExtractionLimits, ExtractionReason, ExtractionSummary } from './extraction';
import type { RecognitionOptions } from './recognition/recogniser';

/**
 * Protocol between the service and its extractor, over the channel between parent and child. One document at a time: `read`, then `chunks`
 * and `progress`, then `done` or `failed`. Each `chunks` is answered with `taken`, and the child waits while `WINDOW` of them are unanswered:
 * so neither side's memory grows with the document.
 */
export type ToExtractor =
  | {
      kind: 'read';
      path: string;
      name: string;
      contentType?: string;
      /** The file is what another server answered. */
      answer?: EngineAnswer;
      limits: ExtractionLimits;
      /** A directory for this document alone; the parent removes it. */
      scratch: string;
      split: SplitOptions;
      recognition: RecognitionOptions;
    }
  | { kind: 'taken' };

export type FromExtractor =
  | { kind: 'chunks'; chunks: Chunk[] }
  | { kind: 'progress'; done: number; total: number }
  /** Text is recognised now, or no longer: this time is not the reader's. */
  | { kind: 'recognising'; busy: boolean }
  | { kind: 'done'; summary: ExtractionSummary }
  /** `cause` says where in the code, never what the document says. */
  | { kind: 'failed'; reason: ExtractionReason; message: string; cause?: string };

/** Messages with chunks that may be in transit or wait for their reader. */
export const WINDOW = 4;
/** Chunks in a message, and about how many characters. */
export const BATCH_CHUNKS = 64;
export const BATCH_LENGTH = 256 * 1024;
