import { MAX_TEXT_CHARS } from '@perennial/contracts-kernel';
import { EmbeddingSettingsSchema, QueryReplySchema, RetrievalSettingsSchema, server } from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

const settingsReply = z.looseObject({ status: z.literal(true), ...RetrievalSettingsSchema.shape });

export const config = route({
  method: 'GET',
  path: '/api/v1/retrieval/config',
  access: 'admin',
  reply: settingsReply,
});

/** Changes what is named; the rest stays. In force everywhere within a second. */
export const updateConfig = route({
  method: 'POST',
  path: '/api/v1/retrieval/config/update',
  access: 'admin',
  body: z.looseObject(RetrievalSettingsSchema.partial().shape),
  reply: settingsReply,
});

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

export const embedding = route({
  method: 'GET',
  path: '/api/v1/retrieval/embedding',
  access: 'admin',
  reply: embeddingReply,
});

/** Another model: everything is embedded again in the background while the present index answers. 400 when the engine's address is missing. */
export const updateEmbedding = route({
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

/** Searches one collection: `file-<file id>`, or the id of a base. 404 when it is not the caller's. */
export const queryDoc = route({
  method: 'POST',
  path: '/api/v1/retrieval/query/doc',
  access: 'user',
  body: z.object({ collection_name: collection, ...question }),
  reply: QueryReplySchema,
});

export const queryCollection = route({
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
export const processFile = route({
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
export const processText = route({
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
export const removeFromCollection = route({
  method: 'POST',
  path: '/api/v1/retrieval/delete',
  access: 'admin',
  body: z.object({ collection_name: collection, file_id: z.string().min(1).max(200) }),
  reply: z.object({ status: z.boolean() }),
});

/** Builds the index of everything anew in the background; the present one answers until it is there. */
export const resetIndex = route({
  method: 'POST',
  path: '/api/v1/retrieval/reset/db',
  access: 'admin',
  reply: z.boolean(),
});

/** Deletes every file of every user, as `DELETE /api/v1/files/all`. */
export const resetUploads = route({
  method: 'POST',
  path: '/api/v1/retrieval/reset/uploads',
  access: 'admin',
  reply: z.boolean(),
});
