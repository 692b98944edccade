import { z } from 'zod';

/** `KnowledgeModel` of the wire. Times are epoch seconds. */
export const KnowledgeBaseSchema = z.object({
  id: z.uuid(),
  user_id: z.uuid(),
  name: z.string(),
  description: z.string(),
  meta: z.record(z.string(), z.unknown()).nullable(),
  /** Always empty: only the owner and administrators use a base. */
  access_grants: z.array(z.unknown()),
  file_count: z.number().int(),
  /** Whether the caller may change it. */
  write_access: z.boolean(),
  created_at: z.number().int(),
  updated_at: z.number().int(),
});

export type KnowledgeBase = z.infer<typeof KnowledgeBaseSchema>;

/** Pages of knowledge bases have 30 items. */
export const KNOWLEDGE_PAGE = 30;
