import { z } from 'zod';
import { ConnectionKindSchema, ContinuationSchema } from './connection';

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
