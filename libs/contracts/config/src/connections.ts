import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { AdminConnectionSchema, ConnectionKindSchema, ConnectionOptionsSchema } from './connection';

const AdminConnectionsSchema = z.object({
  kind: ConnectionKindSchema,
  enabled: z.boolean(),
  connections: z.array(AdminConnectionSchema),
});

/** Admin only. Connections of one kind: those of the environment until settings are saved, then the saved ones. */
export const get = defineCall({
  pattern: 'config.connections.get',
  effect: 'read',
  request: z.object({ kind: ConnectionKindSchema }),
  reply: AdminConnectionsSchema,
});

const url = z.url().max(2_000);

const key = z.string().max(10_000);

const IncomingOptionsSchema = ConnectionOptionsSchema.extend({
  prefix_id: z.string().max(100).optional(),
  model_ids: z.array(z.string().max(512)).max(10_000).optional(),
  tags: z.array(z.unknown()).max(100).optional(),
  connection_type: z.string().max(100).optional(),
  max_concurrency: z.number().int().min(1).max(100_000).nullish(),
  requests_per_minute: z.number().int().min(1).max(1_000_000).nullish(),
});

/** Admin only. Replaces the connections of one kind. Keys are encrypted before they are stored. */
export const update = defineCall({
  pattern: 'config.connections.update',
  effect: 'keyed',
  sealed: true,
  request: AdminConnectionsSchema.extend({
    connections: z.array(z.object({ url, key, config: IncomingOptionsSchema })).max(100),
  }),
  reply: AdminConnectionsSchema,
});

/**
 * Admin only. Lists a provider's models; `UNAVAILABLE`, `UNAUTHENTICATED`… as the provider answered. Redirects are not followed, so that the
 * key does not leak.
 */
export const verify = defineCall({
  pattern: 'config.connections.verify',
  effect: 'read',
  sealed: true,
  request: z.object({
    kind: ConnectionKindSchema,
    url,
    key: key.default(''),
    config: IncomingOptionsSchema.optional(),
  }),
  reply: z.object({ data: z.array(z.record(z.string(), z.unknown())) }),
  deadlineMs: 15_000,
});
