import { defineCall } from '@perennial/contracts-kernel';
import { MediaSettingsSchema, RerankerSettingsSchema, RetrievalSettingsSchema } from '@perennial/contracts-wire';
import { z } from 'zod';

const { shape: reranker } = RerankerSettingsSchema;
const { shape: media } = MediaSettingsSchema;

const VersionedSettings = z.object({
  /** Rises with every change of settings or embedding. */
  version: z.number().int(),
  settings: RetrievalSettingsSchema.extend({
    RAG_TEMPLATE: z.string(),
    ALLOWED_FILE_EXTENSIONS: z.array(z.string()),
    // The previous version has none.
    TOP_K_RERANKER: reranker.TOP_K_RERANKER.default(3),
    RAG_RERANKING_ENGINE: reranker.RAG_RERANKING_ENGINE.default(''),
    RAG_RERANKING_MODEL: z.string().default(''),
    RAG_RERANKING_BATCH_SIZE: reranker.RAG_RERANKING_BATCH_SIZE.default(32),
    RAG_EXTERNAL_RERANKER_URL: z.string().default(''),
    RAG_EXTERNAL_RERANKER_API_KEY: z.string().default(''),
    RAG_EXTERNAL_RERANKER_TIMEOUT: z.string().default(''),
    AUDIO_STT_ENGINE: media.AUDIO_STT_ENGINE.default(''),
    AUDIO_STT_OPENAI_API_BASE_URL: z.string().default(''),
    AUDIO_STT_OPENAI_API_KEY: z.string().default(''),
    AUDIO_STT_MODEL: z.string().default(''),
    AUDIO_STT_LANGUAGE: z.string().default(''),
    VISION_ENGINE: media.VISION_ENGINE.default(''),
    VISION_OPENAI_API_BASE_URL: z.string().default(''),
    VISION_OPENAI_API_KEY: z.string().default(''),
    VISION_MODEL: z.string().default(''),
  }),
});

/** The settings as the database has them now, without secrets. For admins and services. */
export const get = defineCall({
  pattern: 'retrieval.settings.get',
  effect: 'read',
  request: z.object({}),
  reply: VersionedSettings,
});

/**
 * Admin only. Changes the given settings and keeps the rest. Every process applies them within a second. `INVALID_ARGUMENT` when they
 * contradict each other.
 */
export const update = defineCall({
  pattern: 'retrieval.settings.update',
  effect: 'keyed',
  sealed: true,
  request: RetrievalSettingsSchema.partial(),
  reply: VersionedSettings,
});
