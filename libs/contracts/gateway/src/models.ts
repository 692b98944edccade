import { boundedJson } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { route } from './route';

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

/** The models that the caller may use; `refresh=true` asks the providers again. OpenAI's SDKs ask under base URL `/api/v1`, `/v1` or `/openai`. */
export const LIST_MODELS = route({
  method: 'GET',
  path: '/api/models',
  aliases: ['/api/v1/models', '/v1/models', '/openai/models'],
  access: 'user',
  query: z.object({ refresh: z.stringbool().catch(false).default(false) }),
  reply: z.object({ object: z.literal('list'), data: z.array(ModelSchema) }),
});

export const AccessGrantSchema = z.looseObject({
  principal_type: z.enum(['user', 'group']),
  principal_id: z.string().max(200),
  permission: z.enum(['read', 'write']),
});

export const ModelEntrySchema = z.object({
  id: z.string().min(1, 'must not be empty').max(256),
  base_model_id: z.string().max(512).nullish(),
  name: z.string().min(1, 'must not be empty').max(256),
  meta: boundedJson().default({}),
  params: boundedJson().default({}),
  access_grants: z.array(AccessGrantSchema).max(1_000).nullish(),
  is_active: z.boolean().default(true),
});

/** Who may use a model, and its default parameters; replaces an entry of the same id. */
export const SAVE_MODEL_ENTRY = route({
  method: 'POST',
  path: '/api/v1/models/create',
  aliases: ['/api/v1/models/model/update'],
  access: 'admin',
  body: ModelEntrySchema,
  reply: ModelEntrySchema.extend({ user_id: z.string(), created_at: z.number().int(), updated_at: z.number().int() }),
});
