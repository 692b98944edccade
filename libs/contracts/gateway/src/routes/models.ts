import {
  IncomingAccessGrantSchema,
  IncomingModelEntrySchema,
  ModelEntrySchema,
  ModelSchema,
  PickerModelSchema,
} from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

/**
 * The models that the caller may use; `refresh=true` fetches them from the providers. OpenAI's SDKs call it under base URL `/api/v1`, `/v1`
 * or `/openai`. `view=picker` returns only what choosing one needs, with an `ETag`: `If-None-Match` is answered by 304.
 */
export const list = route({
  method: 'GET',
  path: '/api/models',
  aliases: ['/api/v1/models', '/v1/models', '/openai/models'],
  access: 'user',
  query: z.object({
    refresh: z.stringbool().catch(false).default(false),
    view: z.enum(['picker']).optional().catch(undefined),
  }),
  reply: z.object({ object: z.literal('list'), data: z.array(ModelSchema) }),
  views: { picker: z.object({ object: z.literal('list'), data: z.array(PickerModelSchema) }) },
});

const savedEntry = ModelEntrySchema.extend({
  user_id: z.string(),
  created_at: z.number().int(),
  updated_at: z.number().int(),
});

/** What was saved about the models of connections, also about those that are switched off; without an entry a model is on for everybody. */
export const base = route({
  method: 'GET',
  path: '/api/v1/models/base',
  access: 'admin',
  reply: z.array(savedEntry),
});

/** Who may use a model, and its default parameters; replaces an entry of the same id. */
export const saveEntry = route({
  method: 'POST',
  path: '/api/v1/models/create',
  aliases: ['/api/v1/models/model/update'],
  access: 'admin',
  body: IncomingModelEntrySchema.extend({ access_grants: z.array(IncomingAccessGrantSchema).max(1_000).nullish() }),
  reply: savedEntry,
});
