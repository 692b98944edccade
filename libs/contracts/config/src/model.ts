import { z } from 'zod';
import { ConnectionKindSchema, ContinuationSchema } from './connection';

export const AccessGrantSchema = z.looseObject({
  principal_type: z.enum(['user', 'group']),
  principal_id: z.string(),
  permission: z.enum(['read', 'write']),
});

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

/** A model as `/api/models` lists it. `created` is epoch seconds. */
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

/** Where a run's model lives. `sealedKey` crosses Redis sealed; the reader opens it with the shared secret (purpose `connection-key`). */
export const ResolvedModelSchema = z.object({
  version: z.number().int(),
  connection: z.object({
    kind: ConnectionKindSchema,
    baseUrl: z.string(),
    sealedKey: z.string().nullable(),
    continuation: ContinuationSchema,
  }),
  /** The model's name at the provider. */
  upstreamModel: z.string(),
  /** Parameters an admin set for the model; a request's own win. */
  params: z.record(z.string(), z.unknown()),
  /** Documents an admin attached to the model (`meta.knowledge`). `full`: the whole text instead of what a search finds. */
  knowledge: z.array(z.object({ type: z.enum(['file', 'collection']), id: z.string(), full: z.boolean() })).default([]),
  /** Every user who is not pending may use it: the answer to one is that to all, while the version stays the same. */
  openToAll: z.boolean().default(false),
});

export type ResolvedModel = z.infer<typeof ResolvedModelSchema>;
