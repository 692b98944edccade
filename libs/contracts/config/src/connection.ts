import { z } from 'zod';

export const ConnectionKindSchema = z.enum(['openai', 'ollama']);

export type ConnectionKind = z.infer<typeof ConnectionKindSchema>;

/** How a provider continues an interrupted text; detected by URL or set by the admin (`config.continuation`). */
export const ContinuationSchema = z.enum(['continue_final_message', 'trailing_assistant', 'prefix', 'none']);

/** Free-form options of a connection as the wire has them (`OPENAI_API_CONFIGS["0"]`). */
export const ConnectionOptionsSchema = z.looseObject({
  enable: z.boolean().optional(),
  prefix_id: z.string().optional(),
  model_ids: z.array(z.string()).optional(),
  tags: z.array(z.unknown()).optional(),
  connection_type: z.string().optional(),
  /** Requests of the whole installation at once. */
  max_concurrency: z.number().int().nullish(),
  /** Of the whole installation. */
  requests_per_minute: z.number().int().nullish(),
  continuation: ContinuationSchema.optional(),
});

export type ConnectionOptions = z.infer<typeof ConnectionOptionsSchema>;

/** One connection for the admin's page. `key` is masked, never clear; sending the mask back keeps the stored key. */
export const AdminConnectionSchema = z.object({ url: z.url(), key: z.string(), config: ConnectionOptionsSchema });
