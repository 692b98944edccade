import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';

export const ConnectionKindSchema = z.enum(['openai', 'ollama']);
export type ConnectionKind = z.infer<typeof ConnectionKindSchema>;

/** How a provider continues a text that broke off; detected by URL or set by the admin (`config.continuation`). */
export const ContinuationSchema = z.enum(['continue_final_message', 'trailing_assistant', 'prefix', 'none']);

/** Free-form options of a connection as the wire has them (`OPENAI_API_CONFIGS["0"]`). */
export const ConnectionOptionsSchema = z.looseObject({
  enable: z.boolean().optional(),
  prefix_id: z.string().optional(),
  model_ids: z.array(z.string()).optional(),
  tags: z.array(z.unknown()).optional(),
  connection_type: z.string().optional(),
  continuation: ContinuationSchema.optional(),
});
export type ConnectionOptions = z.infer<typeof ConnectionOptionsSchema>;

const IncomingOptionsSchema = ConnectionOptionsSchema.extend({
  prefix_id: z.string().max(100).optional(),
  model_ids: z.array(z.string().max(512)).max(10_000).optional(),
  tags: z.array(z.unknown()).max(100).optional(),
  connection_type: z.string().max(100).optional(),
});
const url = z.url().max(2_000);
const key = z.string().max(10_000);

/** One connection for the admin's page. `key` is masked, never clear; sending the mask back keeps the stored key. */
export const AdminConnectionSchema = z.object({ url: z.url(), key: z.string(), config: ConnectionOptionsSchema });

const AdminConnectionsSchema = z.object({
  kind: ConnectionKindSchema,
  enabled: z.boolean(),
  connections: z.array(AdminConnectionSchema),
});

/** Admin only. Connections of one kind: those of the environment until settings were saved, then the saved ones. */
export const GET_CONNECTIONS = defineCall({
  pattern: 'config.connections.get',
  effect: 'read',
  request: z.object({ kind: ConnectionKindSchema }),
  reply: AdminConnectionsSchema,
});

/** Admin only. Replaces the connections of one kind. Keys are sealed before they are stored. */
export const UPDATE_CONNECTIONS = defineCall({
  pattern: 'config.connections.update',
  effect: 'keyed',
  sealed: true,
  request: AdminConnectionsSchema.extend({
    connections: z.array(z.object({ url, key, config: IncomingOptionsSchema })).max(100),
  }),
  reply: AdminConnectionsSchema,
});

/** Admin only. Asks a provider for its models; `UNAVAILABLE`, `UNAUTHENTICATED`… as the provider said it. No redirect is followed with a key. */
export const VERIFY_CONNECTION = defineCall({
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
