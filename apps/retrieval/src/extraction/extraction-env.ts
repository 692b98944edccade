import { integer, urlOf, variable } from '@perennial/runtime';
import { z } from 'zod';
import { docling, type ExternalEngine, ownLoader, tika } from './external/engines';
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
  CONTENT_EXTRACTION_ENGINE: variable(z.enum(['', 'tika', 'docling', 'external']).default(''), {
    description:
      'Who reads documents that are not plain text: this service (empty), or `tika`, `docling` or `external` at the address of its variable. Only this service tells pages.',
  }),
  TIKA_SERVER_URL: variable(urlOf('http', 'https').optional(), {
    description:
      'Root of an Apache Tika server. Without another engine it reads what this service cannot: RTF, DOC, XLS and PPT.',
    example: 'http://tika:9998',
  }),
  DOCLING_SERVER_URL: variable(urlOf('http', 'https').optional(), {
    description: 'Root of a Docling server (`/v1/convert/file`).',
    example: 'http://docling:5001',
  }),
  DOCLING_API_KEY: variable(z.string().default(''), { description: 'Its key, if it has one.', secret: true }),
  EXTERNAL_DOCUMENT_LOADER_URL: variable(urlOf('http', 'https').optional(), {
    description:
      'Root of a loader of your own: it gets a file by `PUT /process`, with its name in `X-Filename`, and answers `{"page_content": "…"}` or a list of these.',
  }),
  EXTERNAL_DOCUMENT_LOADER_API_KEY: variable(z.string().default(''), {
    description: 'Its key, sent as a bearer token.',
    secret: true,
  }),
  AUDIO_STT_MAX_BYTES: variable(integer(1).default(25 * 1024 * 1024), {
    description:
      'Largest sound or video that the transcription server takes, in bytes; OpenAI takes 25 MiB. MAX_DOCUMENT_BYTES holds too.',
  }),
  AUDIO_STT_TIMEOUT: variable(integer(1, 86_400).default(900), {
    description: 'Seconds that the transcription server may take for one file; then the file fails with the reason.',
  }),
  OCR_LANGUAGES: variable(z.string().default('eng,deu,chi_sim'), {
    description:
      'Languages in which text is recognised in scans and pictures, by Tesseract’s names and with commas between them; empty: none is recognised. English, German and simplified Chinese are included, others are read from OCR_DIR.',
  }),
  OCR_DIR: variable(z.string().optional(), {
    description: 'Directory with further languages for OCR_LANGUAGES: `fra.traineddata` or `fra.traineddata.gz`.',
  }),
  OCR_MAX_PAGES: variable(integer(0).default(DEFAULT_LIMITS.maxRecognisedPages), {
    description:
      'Pages without text, and pictures, of one document in which text is recognised; the others are left out, and its text says so.',
  }),
  OCR_TIMEOUT_SECONDS: variable(integer(1, 86_400).default(DEFAULT_LIMITS.recognitionMs / 1_000), {
    description:
      'Seconds that recognising the text of one document may take, beside EXTRACTION_TIMEOUT_SECONDS, with at most 60 for each page; the pages after that are left out, and its text says so.',
  }),
  EXTRACTION_DIR: variable(z.string().optional(), {
    description:
      'Directory for copies of the documents that are being read (one more than INGESTION_CONCURRENCY of MAX_DOCUMENT_BYTES at most); the default directory for temporary files when unset.',
  }),
};

export type ExtractionEnv = z.output<z.ZodObject<typeof extractionEnv>>;

/** The extractor's options from the environment. */
export function extractorOptions(
  env: ExtractionEnv,
): ExtractorOptions & Required<Pick<ExtractorOptions, 'recognition'>> {
  return {
    tempDir: env.EXTRACTION_DIR,
    limits: {
      maxBytes: env.MAX_DOCUMENT_BYTES,
      maxPages: env.MAX_DOCUMENT_PAGES,
      maxTextLength: env.MAX_DOCUMENT_CHARS,
      maxExpandedBytes: env.MAX_DOCUMENT_EXPANDED_BYTES,
      timeMs: env.EXTRACTION_TIMEOUT_SECONDS * 1_000,
      memoryMiB: env.EXTRACTION_MEMORY_MB,
      maxRecognisedPages: env.OCR_MAX_PAGES,
      recognitionMs: env.OCR_TIMEOUT_SECONDS * 1_000,
    },
    external: {
      engine: engineOf(env),
      fallback: env.TIKA_SERVER_URL === undefined ? undefined : tika(env.TIKA_SERVER_URL),
    },
    recognition: { languages: namesIn(env.OCR_LANGUAGES), dir: env.OCR_DIR },
  };
}

const namesIn = (list: string): string[] =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** The address that each engine needs. */
const ADDRESSES = {
  tika: 'TIKA_SERVER_URL',
  docling: 'DOCLING_SERVER_URL',
  external: 'EXTERNAL_DOCUMENT_LOADER_URL',
} as const;

function engineOf(env: ExtractionEnv): ExternalEngine | undefined {
  const engine = env.CONTENT_EXTRACTION_ENGINE;
  const url = engine === '' ? undefined : env[ADDRESSES[engine]];
  if (engine === '' || url === undefined) return undefined;
  if (engine === 'tika') return tika(url);
  return engine === 'docling'
    ? docling(url, env.DOCLING_API_KEY)
    : ownLoader(url, env.EXTERNAL_DOCUMENT_LOADER_API_KEY);
}

/** An engine without its address would leave documents to this service, unnoticed. */
export function extractionRules(env: ExtractionEnv, context: z.core.$RefinementCtx): void {
  const engine = env.CONTENT_EXTRACTION_ENGINE;
  if (engine !== '' && env[ADDRESSES[engine]] === undefined)
    context.addIssue({
      code: 'custom',
      path: [ADDRESSES[engine]],
      message: `is needed with CONTENT_EXTRACTION_ENGINE=${engine}`,
    });
}
