import { z } from 'zod';
import { route } from './route';

/** A collection of documents. Times are epoch seconds. */
export const KnowledgeBaseSchema = z.object({
  id: z.uuid(),
  user_id: z.uuid(),
  name: z.string(),
  description: z.string(),
  created_at: z.number().int(),
  updated_at: z.number().int(),
});
export type KnowledgeBase = z.infer<typeof KnowledgeBaseSchema>;

/** The caller's knowledge bases. Pages of 30, `page` from 1. */
export const LIST_KNOWLEDGE = route({
  method: 'GET',
  path: '/api/v1/knowledge/',
  access: 'user',
  query: z.object({ page: z.coerce.number().int().min(1).default(1) }),
  reply: z.object({ items: z.array(KnowledgeBaseSchema), total: z.number().int() }),
});
