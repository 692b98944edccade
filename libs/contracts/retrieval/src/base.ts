import { KnowledgeBaseSchema as WireKnowledgeBaseSchema } from '@perennial/contracts-wire';
import { z } from 'zod';

/** `KnowledgeModel` of the wire. Times are epoch seconds. */
export const KnowledgeBaseSchema = z.object({
  ...WireKnowledgeBaseSchema.omit({ files: true }).shape,
  /** Always empty: only the owner and administrators use a base. */
  access_grants: z.array(z.unknown()),
  file_count: z.number().int(),
  /** Whether the caller may change it. */
  write_access: z.boolean(),
});

export type KnowledgeBase = z.infer<typeof KnowledgeBaseSchema>;

/** Directories between the top level of a base and its deepest file. */
export const MAX_DIRECTORY_DEPTH = 32;

/** Directories of one base. */
export const MAX_DIRECTORIES = 10_000;

/** Pages of knowledge bases have 30 items. */
export const KNOWLEDGE_PAGE = 30;
