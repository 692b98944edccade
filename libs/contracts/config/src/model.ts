import { z } from 'zod';
import { ConnectionKindSchema, ContinuationSchema } from './connection';

/**
 * The provider and parameters of a run's model. `sealedKey` crosses Redis encrypted; the reader decrypts it with the shared secret (purpose
 * `connection-key`).
 */
export const ResolvedModelSchema = z.object({
  version: z.number().int(),
  connection: z.object({
    kind: ConnectionKindSchema,
    baseUrl: z.string(),
    sealedKey: z.string().nullable(),
    continuation: ContinuationSchema,
    /** What an admin set for the whole installation; absent: no limit. */
    maxConcurrency: z.number().int().optional(),
    requestsPerMinute: z.number().int().optional(),
  }),
  /** The model's name at the provider. */
  upstreamModel: z.string(),
  /** Parameters that an admin set for the model; the request's own override them. */
  params: z.record(z.string(), z.unknown()),
  /** Documents an admin attached to the model (`meta.knowledge`). `full`: the whole text instead of search results. */
  knowledge: z.array(z.object({ type: z.enum(['file', 'collection']), id: z.string(), full: z.boolean() })).default([]),
  /** Every activated user may use it, so one user's reply may be cached for all while the version stays the same. */
  openToAll: z.boolean().default(false),
});

export type ResolvedModel = z.infer<typeof ResolvedModelSchema>;
