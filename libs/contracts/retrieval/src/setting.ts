import { defineNotice } from '@perennial/contracts-kernel';
import { z } from 'zod';

/** The engine that embeds texts. '' is the local model in a process of its own. */
export const EmbeddingEngineSchema = z.enum(['', 'openai', 'ollama']);

export type EmbeddingEngine = z.infer<typeof EmbeddingEngineSchema>;

const EmbeddingServer = z.object({
  url: z.string().max(2_000),
  /** Out: masked. In: a key, or the mask that was shown, which keeps the stored key as long as the URL stays. */
  key: z.string().max(10_000),
});

const StoredServer = z.object({ url: z.string(), key: z.string() });

const IndexInfo = z.object({
  id: z.uuid(),
  engine: EmbeddingEngineSchema,
  model: z.string(),
  /** Null until the embedder has returned its first vector. */
  dimension: z.number().int().nullable(),
});

/** The index that searches use, and the one that will replace it. */
export const IndexStatusSchema = z.object({
  /** Null until the first document is embedded. */
  active: IndexInfo.nullable(),
  /** Null unless the model was changed or a rebuild was requested. */
  building: IndexInfo.extend({
    /** Placements (a file counts once for each of its bases) in the new index, and in all. */
    done: z.number().int(),
    total: z.number().int(),
    /** Why it does not continue; it is retried. */
    error: z.string().nullable(),
  }).nullable(),
  /**
   * Files of which the embedder refuses a text although it accepts others: the index (`building`: the new one, else the active one) is
   * complete without them, and they are retried with back-off. The latest ones are named.
   */
  refused: z
    .object({
      total: z.number().int(),
      files: z.array(
        z.object({
          fileId: z.uuid(),
          name: z.string(),
          building: z.boolean(),
          /** Names the chunk, with the embedder's message. */
          error: z.string(),
          tries: z.number().int(),
        }),
      ),
    })
    .default({ total: 0, files: [] }),
});

/** What was compared between two vector stores before the second one answered. */
const IndexComparisonSchema = z.object({
  /** Points of the live files, counted in the new store. */
  points: z.number().int(),
  /** Random points of which both vectors were read, and how many of them were equal. */
  samples: z.number().int(),
  equal: z.number().int(),
  /** Searches that were made in both stores, and the share of the first one's hits that the second one found. */
  searches: z.number().int(),
  recall: z.number(),
});

export type IndexComparisonReport = z.infer<typeof IndexComparisonSchema>;

/** Where the points of documents are, and where they are moved. */
export const VectorMoveStatusSchema = z.object({
  /** The names of the installation's vector stores. */
  stores: z.array(z.string()),
  /** The store that searches use; null until the first document is embedded. */
  active: z.string().nullable(),
  moving: z
    .object({
      to: z.string(),
      /** Placements (a file counts once for each of its bases) in the new store, and in all. */
      done: z.number().int(),
      total: z.number().int(),
      pointsPerSecond: z.number().nullable(),
      minRecall: z.number(),
      paused: z.boolean(),
      /** Why it does not continue; it is retried. */
      error: z.string().nullable(),
    })
    .nullable(),
  /** The store that answered before, and is still written. */
  former: z.object({ store: z.string(), secondsLeft: z.number().int() }).nullable(),
  /** Of the active store with the one before it. */
  comparison: IndexComparisonSchema.nullable(),
});

/** How far the copying is. */
const BlobMoveProgressSchema = z.object({
  /** From 1: the last one has copied nothing, or nearly nothing. */
  pass: z.number().int(),
  from: z.string(),
  to: z.string(),
  /** Files that were looked at in this pass, of about how many. */
  done: z.number().int(),
  total: z.number().int(),
  copied: z.number().int(),
  bytes: z.number().int(),
  bytesPerS: z.number().int(),
});

export type BlobMoveProgress = z.infer<typeof BlobMoveProgressSchema>;

/** Which store holds the files, and where they are moved. */
export const BlobMoveStatusSchema = z.object({
  /** The names of the installation's stores of files. */
  stores: z.array(z.string()),
  /** `copying`: from `active` to `other`. `moved`: `other` is what was active before, and still written. `returning`: from `other` to `active`. */
  phase: z.enum(['settled', 'copying', 'moved', 'returning']),
  active: z.string(),
  other: z.string().nullable(),
  /** `perennial blobs migrate` works on it. */
  commandRuns: z.boolean(),
  /** What a worker does, or has stopped with. */
  order: z
    .object({
      kind: z.enum(['move', 'rollback', 'finish']),
      to: z.string().nullable(),
      bytesPerS: z.number().nullable(),
      skipUnreadable: z.boolean(),
      paused: z.boolean(),
      progress: BlobMoveProgressSchema.nullable(),
      /** What it waits for, or has just done: a sentence. */
      told: z.string().nullable(),
      /** Why it does not go on, and what to do. */
      error: z.string().nullable(),
    })
    .nullable(),
  /** Of files that were chosen by chance, how many had the same bytes in both stores. */
  compared: z.object({ samples: z.number().int(), equal: z.number().int() }).nullable(),
});

export type BlobMoveStatus = z.infer<typeof BlobMoveStatusSchema>;

export type VectorMoveStatus = z.infer<typeof VectorMoveStatusSchema>;

export type IndexStatus = z.infer<typeof IndexStatusSchema>;

export const EmbeddingSettings = z.object({
  engine: EmbeddingEngineSchema,
  model: z.string().trim().min(1).max(300),
  /** Texts per request. */
  batchSize: z.number().int().min(1).max(2_048),
  /** Concurrent requests of one worker; 0: the worker's default. */
  concurrentRequests: z.number().int().min(0).max(256),
  openai: EmbeddingServer,
  ollama: EmbeddingServer,
});

/** The embedding settings as an admin sees them: keys are masked. */
export const EmbeddingConfigSchema = EmbeddingSettings.extend({
  model: z.string(),
  openai: StoredServer,
  ollama: StoredServer,
  version: z.number().int(),
  index: IndexStatusSchema,
});

export type EmbeddingConfig = z.infer<typeof EmbeddingConfigSchema>;

/** Sent by retrieval after a change of settings or embedding has committed: caches read them again. */
export const RETRIEVAL_SETTINGS_CHANGED = defineNotice(
  'retrieval.settings.changed',
  z.object({ version: z.number().int() }),
);

/** Sent after another store was chosen for the files, and when a move of them is ordered: every process that keeps or reads files asks which one (`blobStores.current`). */
export const BLOB_STORES_CHANGED = defineNotice(
  'retrieval.blobStores.changed',
  z.object({ version: z.number().int() }),
);
