import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import {
  KnowledgeSourceSchema,
  NewSourceConfigSchema,
  SourceDocumentSchema,
  SourceDocumentStateSchema,
  SourceIntervalSchema,
} from './knowledge-source';

const OneSource = z.object({ knowledgeId: z.uuid(), sourceId: z.uuid() });

/** The sources of a base, oldest first. */
export const list = defineCall({
  pattern: 'retrieval.sources.list',
  effect: 'read',
  request: z.object({ knowledgeId: z.uuid() }),
  reply: z.object({ items: z.array(KnowledgeSourceSchema) }),
});

/** `NOT_FOUND` also when the base belongs to another user. */
export const get = defineCall({
  pattern: 'retrieval.sources.get',
  effect: 'read',
  request: OneSource,
  reply: KnowledgeSourceSchema,
});

/**
 * Adds a source to a base; its first sync begins at once. Its files belong to the base's owner. `PERMISSION_DENIED` for a folder that no
 * administrator adds, `INVALID_ARGUMENT` for an address that may not be read, `RESOURCE_EXHAUSTED` beyond the sources of a base.
 */
export const create = defineCall({
  pattern: 'retrieval.sources.create',
  effect: 'keyed',
  sealed: true,
  request: z.object({ knowledgeId: z.uuid(), config: NewSourceConfigSchema, intervalS: SourceIntervalSchema }),
  reply: KnowledgeSourceSchema,
});

/** Changes when it is synced. */
export const update = defineCall({
  pattern: 'retrieval.sources.update',
  effect: 'keyed',
  request: OneSource.extend({ intervalS: SourceIntervalSchema }),
  reply: KnowledgeSourceSchema,
});

/** Syncs it as soon as possible; nothing changes if a sync has begun. */
export const sync = defineCall({
  pattern: 'retrieval.sources.sync',
  effect: 'keyed',
  request: OneSource,
  reply: KnowledgeSourceSchema,
});

/** Removes a source. `deleteFiles`: takes its files out of the base too, and deletes those that are in no other base. */
export const remove = defineCall({
  pattern: 'retrieval.sources.remove',
  effect: 'keyed',
  request: OneSource.extend({ deleteFiles: z.boolean().default(true) }),
  reply: z.object({ removed: z.boolean(), files: z.number().int() }),
  deadlineMs: 30_000,
});

/** What a source has found, in the order of the addresses. `after`: the last address of the page before. */
export const documents = defineCall({
  pattern: 'retrieval.sources.documents',
  effect: 'read',
  request: OneSource.extend({
    state: SourceDocumentStateSchema.optional(),
    after: z.string().max(2_000).optional(),
    limit: z.number().int().min(1).max(200).default(50),
  }),
  reply: z.object({ items: z.array(SourceDocumentSchema) }),
});
