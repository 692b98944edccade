import { integer, variable } from '@perennial/runtime';
import { z } from 'zod';
import { DEFAULT_LIMITS } from './extraction';
import type { ExtractorOptions } from './extractor';

/** Limits of one document, and its spool directory. */
export const extractionEnv = {
  MAX_DOCUMENT_BYTES: variable(integer(1).default(DEFAULT_LIMITS.maxBytes), {
    description:
      'Largest file that text is read from, in bytes; larger ones are stored, and their ingestion fails with the reason.',
  }),
  MAX_DOCUMENT_PAGES: variable(integer(1).default(DEFAULT_LIMITS.maxPages), {
    description: 'Pages, slides, sheets or chapters of a document; one with more is not read.',
  }),
  MAX_DOCUMENT_CHARS: variable(integer(1).default(DEFAULT_LIMITS.maxTextLength), {
    description: 'Characters of text in a document; one with more is not read.',
  }),
  MAX_DOCUMENT_EXPANDED_BYTES: variable(integer(1).default(DEFAULT_LIMITS.maxExpandedBytes), {
    description: 'Bytes that a DOCX, XLSX, PPTX, OpenDocument or EPUB may unpack to.',
  }),
  EXTRACTION_TIMEOUT_SECONDS: variable(integer(1, 86_400).default(DEFAULT_LIMITS.timeMs / 1_000), {
    description:
      'Seconds that a process may work on one document; then it is killed, and the file fails with the reason.',
  }),
  EXTRACTION_MEMORY_MB: variable(integer(128).default(DEFAULT_LIMITS.memoryMiB), {
    description:
      'Resident memory of a process that reads documents, in MiB; one that needs more is killed. There are at most INGESTION_CONCURRENCY of them, and one more for a slow file.',
  }),
  EXTRACTION_DIR: variable(z.string().optional(), {
    description:
      'Directory for copies of the documents that are being read (one more than INGESTION_CONCURRENCY of MAX_DOCUMENT_BYTES at most); the default directory for temporary files when unset.',
  }),
};

export type ExtractionEnv = z.output<z.ZodObject<typeof extractionEnv>>;

/** The extractor's options from the environment. */
export function extractorOptions(env: ExtractionEnv): ExtractorOptions {
  return {
    tempDir: env.EXTRACTION_DIR,
    limits: {
      maxBytes: env.MAX_DOCUMENT_BYTES,
      maxPages: env.MAX_DOCUMENT_PAGES,
      maxTextLength: env.MAX_DOCUMENT_CHARS,
      maxExpandedBytes: env.MAX_DOCUMENT_EXPANDED_BYTES,
      timeMs: env.EXTRACTION_TIMEOUT_SECONDS * 1_000,
      memoryMiB: env.EXTRACTION_MEMORY_MB,
    },
  };
}
