import { z } from 'zod';

const limit = z.number().int().min(1).nullable();

/**
 * How documents are read and searched; the names are those that an operator knows as environment variables. Sizes: `CHUNK_*` in
 * characters (tokens with the token splitter), `FILE_MAX_SIZE` in MiB. `RELEVANCE_THRESHOLD` and `HYBRID_BM25_WEIGHT` are 0 to 1. Engines
 * that are not offered are answered with their empty values and ignored when they come back.
 */
export const RetrievalSettingsSchema = z.object({
  RAG_TEMPLATE: z.string().max(50_000),
  TOP_K: z.number().int().min(1).max(100),
  BYPASS_EMBEDDING_AND_RETRIEVAL: z.boolean(),
  RAG_FULL_CONTEXT: z.boolean(),
  RAG_SYSTEM_CONTEXT: z.boolean(),
  ENABLE_RAG_HYBRID_SEARCH: z.boolean(),
  RELEVANCE_THRESHOLD: z.number().min(0).max(1),
  HYBRID_BM25_WEIGHT: z.number().min(0).max(1),
  TEXT_SPLITTER: z.enum(['', 'character', 'token']),
  ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER: z.boolean(),
  CHUNK_SIZE: z.number().int().min(50).max(100_000),
  CHUNK_MIN_SIZE_TARGET: z.number().int().min(0).max(100_000),
  CHUNK_OVERLAP: z.number().int().min(0).max(50_000),
  FILE_MAX_SIZE: limit,
  FILE_MAX_COUNT: limit,
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
