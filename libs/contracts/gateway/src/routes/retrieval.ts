import { MAX_TEXT_CHARS } from '@perennial/contracts-kernel';
import {
  EmbeddingSettingsSchema,
  MediaSettingsSchema,
  QueryReplySchema,
  RerankerSettingsSchema,
  RetrievalSettingsSchema,
  server,
} from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

const settingsReply = z.looseObject({
  status: z.literal(true),
  ...RetrievalSettingsSchema.shape,
  // The previous version has none.
  ...RerankerSettingsSchema.partial().shape,
  ...MediaSettingsSchema.partial().shape,
});

export const config = route({
  method: 'GET',
  path: '/api/v1/retrieval/config',
  access: 'admin',
  reply: settingsReply,
});

/** Changes the given settings and keeps the rest. Every process applies them within a second. */
export const updateConfig = route({
  method: 'POST',
  path: '/api/v1/retrieval/config/update',
  access: 'admin',
  body: z.looseObject(RetrievalSettingsSchema.partial().shape),
  reply: settingsReply,
});

const indexed = z.object({ engine: z.string(), model: z.string(), dimension: z.number().int().nullable() });

/**
 * The chosen engine and model. `index` is ours: the model that searches use (`active`), and the index that will replace it (`building`:
 * `done` of `total` placements of files); until that is complete the former one answers. `refused`: files that the index lacks, because the
 * embedder refuses one of their texts.
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

/**
 * Changing the model embeds all documents again in the background while the present index answers. 400 when the engine's address is missing.
 */
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

/** Ingests a stored file, in a base if `collection_name` is one. It runs in the background: follow `process/status`. */
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

/** Creates a file from a text. `query/doc` searches the `collection_name` of the reply. */
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

/**
 * Reads a web page and makes it a file, in a base if `collection_name` is one. `file.data.content` has the beginning of its text, and is empty if
 * that takes longer than a moment. `process=false`: no file is kept, only the text is returned. `overwrite` is accepted and ignored: each call
 * makes a file of its own.
 */
export const processWeb = route({
  method: 'POST',
  path: '/api/v1/retrieval/process/web',
  access: 'user',
  query: z.object({
    process: z.stringbool().catch(true).default(true),
    overwrite: z.stringbool().catch(true).default(true),
  }),
  body: z.object({
    url: z.string().trim().min(1, 'must not be empty').max(2_000),
    collection_name: collection.nullish(),
  }),
  reply: z.union([
    z.object({
      status: z.literal(true),
      collection_name: z.string(),
      filename: z.string(),
      file: z.object({
        id: z.uuid(),
        data: z.object({ content: z.string() }),
        meta: z.object({ name: z.string(), source: z.string() }),
      }),
    }),
    z.object({ status: z.literal(true), content: z.string() }),
  ]),
});

/** Removes a file from a base. */
export const removeFromCollection = route({
  method: 'POST',
  path: '/api/v1/retrieval/delete',
  access: 'admin',
  body: z.object({ collection_name: collection, file_id: z.string().min(1).max(200) }),
  reply: z.object({ status: z.boolean() }),
});

/** Builds the index of all documents again in the background; the present one answers until it is complete. */
export const resetIndex = route({
  method: 'POST',
  path: '/api/v1/retrieval/reset/db',
  access: 'admin',
  reply: z.boolean(),
});

/**
 * Ours: which of the installation's vector stores (`stores`) searches use (`active`), and the move to another one. `moving`: `done` of `total`
 * placements of files are there. `former` answered before, and is written until its grace ends. `comparison`: what was counted, read and
 * searched in both stores before `active` took over.
 */
const vectorMove = z.object({
  stores: z.array(z.string()),
  active: z.string().nullable(),
  moving: z
    .object({
      to: z.string(),
      done: z.number().int(),
      total: z.number().int(),
      points_per_second: z.number().nullable(),
      min_recall: z.number(),
      paused: z.boolean(),
      error: z.string().nullable(),
    })
    .nullable(),
  former: z.object({ store: z.string(), seconds_left: z.number().int() }).nullable(),
  comparison: z
    .object({
      points: z.number().int(),
      samples: z.number().int(),
      equal: z.number().int(),
      searches: z.number().int(),
      recall: z.number(),
    })
    .nullable(),
});

export const vectorMoveStatus = route({
  method: 'GET',
  path: '/api/v1/retrieval/vectors/move',
  access: 'admin',
  reply: vectorMove,
});

/** Moves all documents to another vector store while the present one answers, in the background; again: continues a paused move. */
export const startVectorMove = route({
  method: 'POST',
  path: '/api/v1/retrieval/vectors/move',
  access: 'admin',
  body: z.object({
    to: z.string().min(1, 'must not be empty').max(40),
    points_per_second: z.number().int().min(1).max(1_000_000).nullish(),
    /** Share of the present store's hits that the other one has to find, 0 to 1; 0.99 if absent, 0: none are compared. */
    min_recall: z.number().min(0).max(1).nullish(),
  }),
  reply: vectorMove,
});

export const pauseVectorMove = route({
  method: 'POST',
  path: '/api/v1/retrieval/vectors/move/pause',
  access: 'admin',
  reply: vectorMove,
});

export const cancelVectorMove = route({
  method: 'POST',
  path: '/api/v1/retrieval/vectors/move/cancel',
  access: 'admin',
  reply: vectorMove,
});

/** Ends the grace of the former store: its points are dropped. */
export const finishVectorMove = route({
  method: 'POST',
  path: '/api/v1/retrieval/vectors/move/finish',
  access: 'admin',
  reply: vectorMove,
});

/**
 * Ours: which of the installation's stores holds the files (`active`), and the move to another one. `phase`: `copying` from `active` to
 * `other`; `moved` from `other`, which is still written, to `active`; `returning`, by a rollback, from `other` to `active`. `order`: what a
 * worker does, or has stopped with. `compared`: files that were chosen by chance, and how many had the same bytes in both stores.
 */
const blobMove = z.object({
  stores: z.array(z.string()),
  phase: z.enum(['settled', 'copying', 'moved', 'returning']),
  active: z.string(),
  other: z.string().nullable(),
  command_runs: z.boolean(),
  order: z
    .object({
      kind: z.enum(['move', 'rollback', 'finish']),
      to: z.string().nullable(),
      bytes_per_second: z.number().nullable(),
      skip_unreadable: z.boolean(),
      paused: z.boolean(),
      progress: z
        .object({
          pass: z.number().int(),
          from: z.string(),
          to: z.string(),
          done: z.number().int(),
          total: z.number().int(),
          copied: z.number().int(),
          bytes: z.number().int(),
          bytes_per_second: z.number().int(),
        })
        .nullable(),
      told: z.string().nullable(),
      error: z.string().nullable(),
    })
    .nullable(),
  compared: z.object({ samples: z.number().int(), equal: z.number().int() }).nullable(),
});

export const blobMoveStatus = route({
  method: 'GET',
  path: '/api/v1/retrieval/blobs/move',
  access: 'admin',
  reply: blobMove,
});

/** Moves all files to another store while everybody works, in the background; again: lets a move go on that was paused or has stopped. */
export const startBlobMove = route({
  method: 'POST',
  path: '/api/v1/retrieval/blobs/move',
  access: 'admin',
  body: z.object({
    to: z.string().min(1, 'must not be empty').max(40),
    bytes_per_second: z.number().int().min(1).nullish(),
    /** Files that cannot be read where they are do not keep back the others. */
    skip_unreadable: z.boolean().nullish(),
  }),
  reply: blobMove,
});

export const pauseBlobMove = route({
  method: 'POST',
  path: '/api/v1/retrieval/blobs/move/pause',
  access: 'admin',
  reply: blobMove,
});

const endingOfBlobMove = z.object({
  skip_unreadable: z.boolean().nullish(),
  /** What only the store has that is left is given up, since that store is lost. */
  without_copying: z.boolean().nullish(),
});

/** Back to the store that was left, or has not been left yet. */
export const rollbackBlobMove = route({
  method: 'POST',
  path: '/api/v1/retrieval/blobs/move/rollback',
  access: 'admin',
  body: endingOfBlobMove,
  reply: blobMove,
});

/** The store that was left is neither written nor read any more, and keeps what it has. */
export const finishBlobMove = route({
  method: 'POST',
  path: '/api/v1/retrieval/blobs/move/finish',
  access: 'admin',
  body: endingOfBlobMove,
  reply: blobMove,
});

/** Deletes every file of every user, as `DELETE /api/v1/files/all`. */
export const resetUploads = route({
  method: 'POST',
  path: '/api/v1/retrieval/reset/uploads',
  access: 'admin',
  reply: z.boolean(),
});
