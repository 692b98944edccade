import { boundedJson } from '@perennial/contracts-kernel';
import { z } from 'zod';

/** A model as the picker shows it. `created` is epoch seconds. */
export const ModelSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  object: z.literal('model'),
  created: z.number().int(),
  owned_by: z.string(),
  connection_type: z.enum(['external', 'local']),
  info: z.record(z.string(), z.unknown()).optional(),
  tags: z.array(z.object({ name: z.string() })),
  actions: z.array(z.unknown()),
  filters: z.array(z.unknown()),
});

export type Model = z.infer<typeof ModelSchema>;

/**
 * What choosing one of many models needs of each, under the names that `Model` has for it. Pictures have an address of their own
 * (`/api/v1/models/model/profile/image?id=`) and are never in it.
 */
export const PickerModelSchema = z.object({
  id: z.string(),
  name: z.string(),
  owned_by: z.string(),
  connection_type: z.enum(['external', 'local']),
  /** Tokens that a question and its answer may have together, as far as the provider or an administrator says so. */
  context_length: z.number().int().positive().optional(),
  tags: z.array(z.object({ name: z.string() })),
  info: z
    .object({
      meta: z.object({
        description: z.string().optional(),
        capabilities: z.record(z.string(), z.boolean()).optional(),
        suggestion_prompts: z.array(z.object({ content: z.string() })).optional(),
      }),
    })
    .optional(),
});

export type PickerModel = z.infer<typeof PickerModelSchema>;

/**
 * How models are offered. `MODEL_ORDER_LIST`: these first, in this order. `DEFAULT_MODELS`: those that a new chat starts with, separated by
 * commas; null leaves it to the environment. The other parts are the reference's: returned empty, and ignored.
 */
export const ModelsConfigSchema = z.object({
  DEFAULT_MODELS: z.string().max(10_000).nullable().default(null),
  DEFAULT_PINNED_MODELS: z.string().max(10_000).nullable().default(null),
  MODEL_ORDER_LIST: z.array(z.string().max(512)).max(10_000).nullable().default([]),
  DEFAULT_MODEL_METADATA: boundedJson().nullable().default({}),
  DEFAULT_MODEL_PARAMS: boundedJson().nullable().default({}),
});

/** Who may use or change something. */
export const AccessGrantSchema = z.looseObject({
  principal_type: z.enum(['user', 'group']),
  principal_id: z.string(),
  permission: z.enum(['read', 'write']),
});

export const IncomingAccessGrantSchema = AccessGrantSchema.extend({ principal_id: z.string().max(200) });

/** What an admin saved about a model. Without an entry a base model is visible to every signed-in user; with one, to its grants. */
export const ModelEntrySchema = z.object({
  id: z.string().min(1),
  base_model_id: z.string().nullish(),
  name: z.string().min(1),
  meta: z.record(z.string(), z.unknown()).default({}),
  params: z.record(z.string(), z.unknown()).default({}),
  access_grants: z.array(AccessGrantSchema).default([]),
  is_active: z.boolean().default(true),
});

/** An entry in a request. Stored entries and replies have no maxima, so that old rows stay readable. */
export const IncomingModelEntrySchema = ModelEntrySchema.extend({
  id: z.string().min(1, 'must not be empty').max(256),
  base_model_id: z.string().max(512).nullish(),
  name: z.string().min(1, 'must not be empty').max(256),
  meta: boundedJson().default({}),
  params: boundedJson().default({}),
  access_grants: z.array(IncomingAccessGrantSchema).max(1_000).default([]),
});
