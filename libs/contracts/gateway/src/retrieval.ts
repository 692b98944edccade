import { MAX_TEXT_CHARS } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { route } from './route';

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

const settingsReply = z.looseObject({ status: z.literal(true), ...RetrievalSettingsSchema.shape });

export const GET_RETRIEVAL_CONFIG = route({
  method: 'GET',
  path: '/api/v1/retrieval/config',
  access: 'admin',
  reply: settingsReply,
});

/** Changes what is named; the rest stays. In force everywhere within a second. */
export const UPDATE_RETRIEVAL_CONFIG = route({
  method: 'POST',
  path: '/api/v1/retrieval/config/update',
  access: 'admin',
  body: z.looseObject(RetrievalSettingsSchema.partial().shape),
  reply: settingsReply,
});

const server = z.object({ url: z.string().max(2_000).default(''), key: z.string().max(10_000).default('') });

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

const indexed = z.object({ engine: z.string(), model: z.string(), dimension: z.number().int().nullable() });

/**
 * What is chosen. `index` is ours: the model that searches answer from (`active`), and the index that is being made to replace it
 * (`building`: `done` of `total` places of files); until that is finished the former model answers. `refused`: files that the index does
 * without, because the embedder refuses a text of them.
 */
const embeddingReply = EmbeddingSettingsSchema.extend({
  status: z.literal(true),
  azure_openai_config: z.object({ url: z.string(), key: z.string(), version: z.string() }),
  index: z.object({
    active: indexed.nullable(),
    building: indexed
      .extend({ done: z.number().int(), total: z.number().int(), error: z.string().nullable() })
      .nullable(),
    refused: z.object({
      total: z.number().int(),
      files: z.array(
        z.object({
          id: z.string(),
          filename: z.string(),
          building: z.boolean(),
          error: z.string(),
          tries: z.number().int(),
        }),
      ),
    }),
  }),
});

export const GET_EMBEDDING_CONFIG = route({
  method: 'GET',
  path: '/api/v1/retrieval/embedding',
  access: 'admin',
  reply: embeddingReply,
});

/** Another model: everything is embedded again in the background while the present index answers. 400 when the engine's address is missing. */
export const UPDATE_EMBEDDING_CONFIG = route({
  method: 'POST',
  path: '/api/v1/retrieval/embedding/update',
  access: 'admin',
  body: z.looseObject({
    ...EmbeddingSettingsSchema.partial().shape,
    openai_config: server.nullish(),
    ollama_config: server.nullish(),
  }),
  reply: embeddingReply,
});

const collection = z.string().min(1, 'must not be empty').max(64);
const question = {
  query: z.string().trim().min(1, 'must not be empty').max(8_000),
  k: z.number().int().min(1).max(100).nullish(),
  k_reranker: z.number().int().nullish(),
  /** Relevance threshold, 0 to 1. */
  r: z.number().min(0).max(1).nullish(),
  hybrid: z.boolean().nullish(),
  hybrid_bm25_weight: z.number().min(0).max(1).nullish(),
};

/** Parallel lists with one inner list: the hits, best first. `distances`: 0 to 1, 1 is the same meaning. */
export const QueryReplySchema = z.object({
  ids: z.array(z.array(z.string())),
  distances: z.array(z.array(z.number())),
  documents: z.array(z.array(z.string())),
  metadatas: z.array(z.array(z.record(z.string(), z.unknown()))),
});

/** Searches one collection: `file-<file id>`, or the id of a base. 404 when it is not the caller's. */
export const QUERY_DOC = route({
  method: 'POST',
  path: '/api/v1/retrieval/query/doc',
  access: 'user',
  body: z.object({ collection_name: collection, ...question }),
  reply: QueryReplySchema,
});

export const QUERY_COLLECTION = route({
  method: 'POST',
  path: '/api/v1/retrieval/query/collection',
  access: 'user',
  body: z.object({
    collection_names: z.array(collection).min(1, 'must name at least one collection').max(100),
    ...question,
    enable_enriched_texts: z.boolean().nullish(),
  }),
  reply: QueryReplySchema,
});

const processed = z.object({
  status: z.literal(true),
  collection_name: z.string(),
  filename: z.string(),
  content: z.string(),
});

/** Puts a stored file to work, in a base when `collection_name` is one. The work goes on in the background: follow `process/status`. */
export const PROCESS_FILE = route({
  method: 'POST',
  path: '/api/v1/retrieval/process/file',
  access: 'user',
  body: z.object({
    file_id: z.string().min(1).max(200),
    content: z.string().max(MAX_TEXT_CHARS).nullish(),
    collection_name: collection.nullish(),
  }),
  reply: processed,
});

/** Makes a file of a text. `collection_name` in the answer is what `query/doc` searches. */
export const PROCESS_TEXT = route({
  method: 'POST',
  path: '/api/v1/retrieval/process/text',
  access: 'user',
  body: z.object({
    name: z.string().trim().min(1, 'must not be empty').max(500),
    content: z.string().min(1, 'must not be empty').max(MAX_TEXT_CHARS),
    collection_name: collection.nullish(),
  }),
  reply: processed.extend({ file_id: z.uuid() }),
});

/** Takes a file out of a base. */
export const DELETE_FROM_COLLECTION = route({
  method: 'POST',
  path: '/api/v1/retrieval/delete',
  access: 'admin',
  body: z.object({ collection_name: collection, file_id: z.string().min(1).max(200) }),
  reply: z.object({ status: z.boolean() }),
});

/** Builds the index of everything anew in the background; the present one answers until it is there. */
export const RESET_INDEX = route({
  method: 'POST',
  path: '/api/v1/retrieval/reset/db',
  access: 'admin',
  reply: z.boolean(),
});

/** Deletes every file of every user, as `DELETE /api/v1/files/all`. */
export const RESET_UPLOADS = route({
  method: 'POST',
  path: '/api/v1/retrieval/reset/uploads',
  access: 'admin',
  reply: z.boolean(),
});
