import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { EmbeddingConfigSchema, EmbeddingSettings } from './setting';

/** Admin only. */
export const get = defineCall({
  pattern: 'retrieval.embedding.get',
  effect: 'read',
  request: z.object({}),
  reply: EmbeddingConfigSchema,
});

/**
 * Admin only. Another engine or model: all documents are embedded in the background into a new index while the old one answers. A further
 * change replaces the new index, and choosing the active model again cancels it.
 * `INVALID_ARGUMENT` when the engine's address is missing.
 */
export const update = defineCall({
  pattern: 'retrieval.embedding.update',
  effect: 'keyed',
  sealed: true,
  request: EmbeddingSettings.partial(),
  reply: EmbeddingConfigSchema,
});
