import { defineCall, boundedJson } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { ModelSchema, ResolvedModelSchema, ModelEntrySchema, AccessGrantSchema } from './model';

/** The models that the caller may use. `refresh` asks the providers again (else at most a few seconds old). */
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

const IncomingModelEntrySchema = ModelEntrySchema.extend({
  id: z.string().min(1).max(256),
  base_model_id: z.string().max(512).nullish(),
  name: z.string().min(1).max(256),
  meta: boundedJson().default({}),
  params: boundedJson().default({}),
  access_grants: z
    .array(AccessGrantSchema.extend({ principal_id: z.string().max(200) }))
    .max(1_000)
    .default([]),
});

/** Admin only. Creates or replaces the entry of a model. */
export const saveEntry = defineCall({
  pattern: 'config.models.saveEntry',
  effect: 'keyed',
  sealed: true,
  request: IncomingModelEntrySchema,
  reply: ModelEntrySchema.extend({ user_id: z.string(), created_at: z.number().int(), updated_at: z.number().int() }),
});
