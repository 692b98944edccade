import { z } from 'zod';

const limit = z.number().int().min(1).nullable();

/**
 * A server that orders what a search has found. The key is masked; sending the mask back keeps the stored key. `external` is one with the
 * `rerank` of Cohere and Jina at the whole address; there is no reranker of our own (empty).
 */
export const RerankerSettingsSchema = z.object({
  /** Chunks per item that are left after it, at most; TOP_K limits them too. */
  TOP_K_RERANKER: z.number().int().min(1).max(100),
  RAG_RERANKING_ENGINE: z.enum(['', 'external']),
  RAG_RERANKING_MODEL: z.string().trim().max(300),
  /** Texts in one request. */
  RAG_RERANKING_BATCH_SIZE: z.number().int().min(1).max(1_000),
  RAG_EXTERNAL_RERANKER_URL: z.string().max(2_000),
  RAG_EXTERNAL_RERANKER_API_KEY: z.string().max(10_000),
  /** Seconds; empty: 3. */
  RAG_EXTERNAL_RERANKER_TIMEOUT: z
    .string()
    .trim()
    .max(10)
    .regex(/^(\d{1,3}(\.\d{1,3})?)?$/, 'must be a number of seconds, or empty'),
});

/**
 * Servers that read what this service cannot, with the operations of OpenAI below their base URLs. Keys are masked; sending the mask back keeps
 * the stored key. Empty engines: sound and video are not transcribed, pictures are not described.
 */
export const MediaSettingsSchema = z.object({
  AUDIO_STT_ENGINE: z.enum(['', 'openai']),
  AUDIO_STT_OPENAI_API_BASE_URL: z.string().max(2_000),
  AUDIO_STT_OPENAI_API_KEY: z.string().max(10_000),
  AUDIO_STT_MODEL: z.string().trim().max(300),
  /** `de`; empty: the server tells the language itself. */
  AUDIO_STT_LANGUAGE: z
    .string()
    .trim()
    .toLowerCase()
    .max(20)
    .regex(/^([a-z]{2,3}(-[a-z0-9]{2,8})?)?$/, 'must be a language such as "de", or empty'),
  VISION_ENGINE: z.enum(['', 'openai']),
  VISION_OPENAI_API_BASE_URL: z.string().max(2_000),
  VISION_OPENAI_API_KEY: z.string().max(10_000),
  VISION_MODEL: z.string().trim().max(300),
});

/**
 * How documents are read and searched; the names are those of the environment variables. Sizes: `CHUNK_*` in characters (tokens with the
 * token splitter), `FILE_MAX_SIZE` in MiB. `RELEVANCE_THRESHOLD` and `HYBRID_BM25_WEIGHT` are 0 to 1. Engines that we do not have are
 * returned with empty values and ignored in requests.
 */
export const RetrievalSettingsSchema = z.object({
  /** `{{CONTEXT}}` (or `[context]`) and `{{QUERY}}` (or `[query]`) are replaced. Empty: our default. */
  RAG_TEMPLATE: z.string().max(50_000),
  /** Chunks per attached item. */
  TOP_K: z.number().int().min(1).max(100),
  /** 0 … 1: less similar chunks are left out; with a reranker, those that it finds less relevant. */
  RELEVANCE_THRESHOLD: z.number().min(0).max(1),
  ENABLE_RAG_HYBRID_SEARCH: z.boolean(),
  ...RerankerSettingsSchema.shape,
  ...MediaSettingsSchema.shape,
  /** 0: semantic only, 1: keywords only. */
  HYBRID_BM25_WEIGHT: z.number().min(0).max(1),
  /** Whole texts instead of chunks. */
  RAG_FULL_CONTEXT: z.boolean(),
  /** Whole texts instead of chunks, and no file is embedded. */
  BYPASS_EMBEDDING_AND_RETRIEVAL: z.boolean(),
  /** The context goes into the system message. */
  RAG_SYSTEM_CONTEXT: z.boolean(),
  /** '' splits by characters, 'token' by tokens of cl100k_base. */
  TEXT_SPLITTER: z.enum(['', 'character', 'token']),
  /** Markdown is split at its headings first. */
  ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER: z.boolean(),
  /** In characters, or tokens with that splitter. */
  CHUNK_SIZE: z.number().int().min(50).max(100_000),
  /** Chunks under one heading that are smaller are joined with their neighbours; 0 joins none. */
  CHUNK_MIN_SIZE_TARGET: z.number().int().min(0).max(100_000),
  /** Less than CHUNK_SIZE. */
  CHUNK_OVERLAP: z.number().int().min(0).max(50_000),
  /** Megabytes (2^20 bytes) that a file may have; null leaves it to MAX_FILE_BYTES of the environment. */
  FILE_MAX_SIZE: limit,
  /** Files that one message may have. */
  FILE_MAX_COUNT: limit,
  /** Without the dot; empty allows every kind that can be read. */
  ALLOWED_FILE_EXTENSIONS: z
    .array(
      z
        .string()
        .trim()
        .toLowerCase()
        .max(17)
        .regex(/^\.?[\w.-]{1,16}$/, 'must be file extensions such as "pdf"'),
    )
    .max(200),
});

export type RetrievalSettings = z.infer<typeof RetrievalSettingsSchema>;

export const server = z.object({ url: z.string().max(2_000).default(''), key: z.string().max(10_000).default('') });

/** The embedding model. Keys are masked; sending the mask back keeps the stored key. */
export const EmbeddingSettingsSchema = z.object({
  RAG_EMBEDDING_ENGINE: z.enum(['', 'openai', 'ollama']),
  RAG_EMBEDDING_MODEL: z.string().trim().min(1, 'must name a model').max(300),
  RAG_EMBEDDING_BATCH_SIZE: z.number().int().min(1).max(2_048),
  ENABLE_ASYNC_EMBEDDING: z.boolean(),
  RAG_EMBEDDING_CONCURRENT_REQUESTS: z.number().int().min(0).max(256),
  openai_config: server,
  ollama_config: server,
});

export type EmbeddingSettings = z.infer<typeof EmbeddingSettingsSchema>;

/** Parallel lists with one inner list: the hits, best first. `distances`: 0 to 1, 1 is the same meaning. */
export const QueryReplySchema = z.object({
  ids: z.array(z.array(z.string())),
  distances: z.array(z.array(z.number())),
  documents: z.array(z.array(z.string())),
  metadatas: z.array(z.array(z.record(z.string(), z.unknown()))),
});
