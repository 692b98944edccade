import { defineNotice } from '@perennial/contracts-kernel';
import { z } from 'zod';

/** Who turns text into vectors. '' is the local model in a process of its own. */
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
  /** Null until the embedder has been asked for the first time. */
  dimension: z.number().int().nullable(),
});

/** What searches answer from, and what is being made to replace it. */
export const IndexStatusSchema = z.object({
  /** Null until the first document is embedded. */
  active: IndexInfo.nullable(),
  /** Null unless the model was changed (or everything is indexed again). */
  building: IndexInfo.extend({
    /** Places of files (a file counts once for each base that it is in) that are in the new index, of all. */
    done: z.number().int(),
    total: z.number().int(),
    /** Why it does not go on; it is tried again and again. */
    error: z.string().nullable(),
  }).nullable(),
  /**
   * Files of which the embedder refuses a text although it answers others: the index (`building`: the new one, else the one that answers)
   * is complete without them, and they are tried again later and later. The latest ones are named.
   */
  refused: z
    .object({
      total: z.number().int(),
      files: z.array(
        z.object({
          fileId: z.uuid(),
          name: z.string(),
          building: z.boolean(),
          /** Names the chunk, and what the embedder says. */
          error: z.string(),
          tries: z.number().int(),
        }),
      ),
    })
    .default({ total: 0, files: [] }),
});

export type IndexStatus = z.infer<typeof IndexStatusSchema>;

export const EmbeddingSettings = z.object({
  engine: EmbeddingEngineSchema,
  model: z.string().trim().min(1).max(300),
  /** Texts per request. */
  batchSize: z.number().int().min(1).max(2_048),
  /** Requests at once of one worker; 0 leaves it to the worker. */
  concurrentRequests: z.number().int().min(0).max(256),
  openai: EmbeddingServer,
  ollama: EmbeddingServer,
});

/** What an admin sees of the embedding: keys are masked. */
export const EmbeddingConfigSchema = EmbeddingSettings.extend({
  model: z.string(),
  openai: StoredServer,
  ollama: StoredServer,
  version: z.number().int(),
  index: IndexStatusSchema,
});

export type EmbeddingConfig = z.infer<typeof EmbeddingConfigSchema>;

/** Sent by retrieval after a change of settings or embedding has committed: whoever caches them reads them again. */
export const RETRIEVAL_SETTINGS_CHANGED = defineNotice(
  'retrieval.settings.changed',
  z.object({ version: z.number().int() }),
);
