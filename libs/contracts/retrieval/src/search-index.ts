import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { IndexStatusSchema } from './setting';

/** Admin only. */
export const status = defineCall({
  pattern: 'retrieval.index.status',
  effect: 'read',
  request: z.object({}),
  reply: IndexStatusSchema,
});

/** Admin only. Builds a new index of all documents with the present model while the old one answers. */
export const rebuild = defineCall({
  pattern: 'retrieval.index.rebuild',
  effect: 'keyed',
  request: z.object({}),
  reply: IndexStatusSchema,
});
