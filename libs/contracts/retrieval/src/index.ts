import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';

export const KnowledgeBaseSchema = z.object({
  id: z.uuid(),
  user_id: z.uuid(),
  name: z.string(),
  description: z.string(),
  created_at: z.number().int(),
  updated_at: z.number().int(),
});

/** The caller's knowledge bases. Pages of 30, `page` from 1. */
export const LIST_KNOWLEDGE = defineCall({
  pattern: 'retrieval.knowledge.list',
  effect: 'read',
  request: z.object({ page: z.number().int().min(1).default(1) }),
  reply: z.object({ items: z.array(KnowledgeBaseSchema), total: z.number().int() }),
});
