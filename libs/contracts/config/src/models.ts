import { defineCall } from '@perennial/contracts-kernel';
import { IncomingModelEntrySchema, ModelEntrySchema, ModelSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { ResolvedModelSchema } from './model';

/** The models that the caller may use. `refresh` fetches them from the providers (else at most a few seconds old). */
export const list = defineCall({
  pattern: 'config.models.list',
  effect: 'read',
  request: z.object({ refresh: z.boolean().default(false) }),
  reply: z.object({ version: z.number().int(), data: z.array(ModelSchema) }),
  deadlineMs: 15_000,
});

/** `NOT_FOUND` when no connection offers the model or the caller may not use it. */
export const resolve = defineCall({
  pattern: 'config.models.resolve',
  effect: 'read',
  request: z.object({ modelId: z.string().max(512) }),
  reply: ResolvedModelSchema,
  deadlineMs: 12_000,
});

const SavedEntrySchema = ModelEntrySchema.extend({
  user_id: z.string(),
  created_at: z.number().int(),
  updated_at: z.number().int(),
});

/** Admin only. What admins saved about models, also about those that are switched off or that no connection offers now. */
export const entries = defineCall({
  pattern: 'config.models.entries',
  effect: 'read',
  request: z.object({}),
  reply: z.object({ entries: z.array(SavedEntrySchema) }),
});

/** Admin only. Creates or replaces the entry of a model. */
export const saveEntry = defineCall({
  pattern: 'config.models.saveEntry',
  effect: 'keyed',
  sealed: true,
  request: IncomingModelEntrySchema,
  reply: SavedEntrySchema,
});
