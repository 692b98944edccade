import { flag, integer, list, urlOf, variable } from '@perennial/runtime';
import { z } from 'zod';

const share = () => z.coerce.number().min(0).max(1);

/** First settings of a new installation; afterwards the saved settings apply, and these are ignored. */
export const settingsEnv = {
  RAG_TEMPLATE: variable(z.string().max(50_000).default(''), {
    description:
      'Prompt around the documents of a question; `{{CONTEXT}}` and `{{QUERY}}` are replaced. A default when empty. First start only.',
  }),
  RAG_TOP_K: variable(integer(1, 100).default(3), {
    description: 'Pieces of text that a question gets from each attached document or base. First start only.',
  }),
  RAG_RELEVANCE_THRESHOLD: variable(share().default(0), {
    description:
      'Pieces less similar to the question than this (0 to 1) are left out; with a reranker, those that it finds less relevant. First start only.',
  }),
  RAG_TOP_K_RERANKER: variable(integer(1, 100).default(3), {
    description:
      'With a reranker: pieces of text that a question gets at most from each document or base; RAG_TOP_K limits them too. First start only.',
  }),
  RAG_RERANKING_ENGINE: variable(z.enum(['', 'external']).default(''), {
    description:
      'Who orders what a search has found: nobody (empty), or `external`, a server with the `rerank` of Cohere and Jina. First start only.',
  }),
  RAG_RERANKING_MODEL: variable(z.string().max(300).default(''), {
    description: 'The reranking server’s name of its model. First start only.',
    example: 'bge-reranker-v2-m3',
  }),
  RAG_RERANKING_BATCH_SIZE: variable(integer(1, 1_000).default(32), {
    description: 'Texts in one request to the reranker; several requests run at once. First start only.',
  }),
  RAG_EXTERNAL_RERANKER_URL: variable(urlOf('http', 'https').optional(), {
    description: 'With the engine `external`: the whole address of the operation. First start only.',
    example: 'https://api.jina.ai/v1/rerank',
  }),
  RAG_EXTERNAL_RERANKER_API_KEY: variable(z.string().default(''), {
    description: 'With the engine `external`: the key, sent as a bearer token. First start only.',
    secret: true,
  }),
  RAG_EXTERNAL_RERANKER_TIMEOUT: variable(z.coerce.number().min(0.1).max(999).default(3), {
    description:
      'Seconds that a search waits for the reranker; after that the order of the search is kept. First start only.',
  }),
  AUDIO_STT_ENGINE: variable(z.enum(['', 'openai']).default(''), {
    description:
      'Who makes text of sound and video: nobody (empty), or `openai`, a server with OpenAI’s `POST /audio/transcriptions`. First start only.',
  }),
  AUDIO_STT_OPENAI_API_BASE_URL: variable(urlOf('http', 'https').optional(), {
    description: 'Base URL of the transcription server. First start only.',
    example: 'https://api.openai.com/v1',
  }),
  AUDIO_STT_OPENAI_API_KEY: variable(z.string().default(''), {
    description: 'Key of the transcription server. First start only.',
    secret: true,
  }),
  AUDIO_STT_MODEL: variable(z.string().max(300).default(''), {
    description: 'The transcription server’s name of its model. First start only.',
    example: 'whisper-1',
  }),
  AUDIO_STT_LANGUAGE: variable(
    z
      .string()
      .toLowerCase()
      .regex(/^([a-z]{2,3}(-[a-z0-9]{2,8})?)?$/)
      .default(''),
    {
      description: 'Language of what is spoken; empty: the transcription server tells it itself. First start only.',
      example: 'de',
    },
  ),
  VISION_ENGINE: variable(z.enum(['', 'openai']).default(''), {
    description:
      'Who describes pictures in which little text is recognised: nobody (empty), or `openai`, a model with OpenAI’s `POST /chat/completions`. First start only.',
  }),
  VISION_OPENAI_API_BASE_URL: variable(urlOf('http', 'https').optional(), {
    description: 'Base URL of the server of the vision model. First start only.',
    example: 'https://api.openai.com/v1',
  }),
  VISION_OPENAI_API_KEY: variable(z.string().default(''), {
    description: 'Key of the server of the vision model. First start only.',
    secret: true,
  }),
  VISION_MODEL: variable(z.string().max(300).default(''), {
    description: 'That server’s name of the vision model. First start only.',
    example: 'gpt-5-mini',
  }),
  ENABLE_RAG_HYBRID_SEARCH: variable(flag().default(false), {
    description: 'Whether documents are searched by keywords as well as by meaning. First start only.',
  }),
  RAG_HYBRID_BM25_WEIGHT: variable(share().default(0.5), {
    description: 'Weight of the keywords in a hybrid search: 0 is meaning only, 1 is keywords only. First start only.',
  }),
  RAG_FULL_CONTEXT: variable(flag().default(false), {
    description: 'Whether a question gets whole documents instead of pieces. First start only.',
  }),
  BYPASS_EMBEDDING_AND_RETRIEVAL: variable(flag().default(false), {
    description: 'Whether documents are neither embedded nor searched, only given whole. First start only.',
  }),
  RAG_SYSTEM_CONTEXT: variable(flag().default(false), {
    description: 'Whether documents go into the system message instead of the question. First start only.',
  }),
  RAG_TEXT_SPLITTER: variable(z.enum(['', 'character', 'token']).default(''), {
    description: 'How texts are split: by characters (empty or `character`) or by tokens. First start only.',
  }),
  ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER: variable(flag().default(true), {
    description: 'Whether Markdown is split at its headings first. First start only.',
  }),
  CHUNK_SIZE: variable(integer(50, 100_000).default(1_000), {
    description: 'Length of the pieces that a document is split into, in characters or tokens. First start only.',
  }),
  CHUNK_MIN_SIZE_TARGET: variable(integer(0, 100_000).default(0), {
    description:
      'Pieces of Markdown smaller than this are joined with their neighbours; 0 joins none. First start only.',
  }),
  CHUNK_OVERLAP: variable(integer(0, 50_000).default(100), {
    description: 'How much of a piece is repeated in the next; less than CHUNK_SIZE. First start only.',
  }),
  RAG_FILE_MAX_SIZE: variable(integer(1).optional(), {
    description: 'Megabytes (2^20 bytes) that an uploaded file may have. First start only.',
  }),
  RAG_FILE_MAX_COUNT: variable(integer(1).optional(), {
    description: 'Files that one message may have. First start only.',
  }),
  RAG_ALLOWED_FILE_EXTENSIONS: variable(list(',').default([]), {
    description:
      'Extensions that may be uploaded, separated by commas; all readable formats when empty. First start only.',
    example: 'pdf,docx,md',
  }),
};

export type SettingsEnv = z.output<z.ZodObject<typeof settingsEnv>>;
