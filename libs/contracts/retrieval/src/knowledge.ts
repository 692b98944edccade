import { boundedJson, boundedRecord, defineCall } from '@perennial/contracts-kernel';
import { KnowledgeDirectorySchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { KNOWLEDGE_PAGE, KnowledgeBaseSchema } from './base';
import { FileSchema, FileStatusSchema } from './file';

const Page = z.number().int().min(1).default(1);

const KnowledgePageSchema = z.object({ items: z.array(KnowledgeBaseSchema), total: z.number().int() });

/** The caller's knowledge bases, last changed first. Pages of 30, `page` from 1. */
export const list = defineCall({
  pattern: 'retrieval.knowledge.list',
  effect: 'read',
  request: z.object({ page: Page }),
  reply: KnowledgePageSchema,
});

/** Bases whose name or description contains `query`. `all`: an administrator also sees those of others. */
export const search = defineCall({
  pattern: 'retrieval.knowledge.search',
  effect: 'read',
  sealed: true,
  request: z.object({
    query: z.string().max(500).default(''),
    all: z.boolean().default(false),
    orderBy: z.enum(['name', 'created_at', 'updated_at']).default('updated_at'),
    direction: z.enum(['asc', 'desc']).default('desc'),
    page: Page,
  }),
  reply: KnowledgePageSchema,
});

/** `NOT_FOUND` also when it belongs to another user. */
export const get = defineCall({
  pattern: 'retrieval.knowledge.get',
  effect: 'read',
  request: z.object({ knowledgeId: z.uuid() }),
  reply: KnowledgeBaseSchema,
});

const Name = z.string().trim().min(1).max(500);

const Description = z.string().max(10_000);

/**
 * `RESOURCE_EXHAUSTED` beyond the bases that one user may have. With `id`, for an import: the base gets this id; if the caller has one with
 * it already, that one is returned as it is. `ALREADY_EXISTS` when the id belongs to another user's base, or to one that was deleted.
 */
export const create = defineCall({
  pattern: 'retrieval.knowledge.create',
  effect: 'keyed',
  request: z.object({ name: Name, description: Description.default(''), id: z.uuid().optional() }),
  reply: KnowledgeBaseSchema,
});

/** Changes the given fields. */
export const update = defineCall({
  pattern: 'retrieval.knowledge.update',
  effect: 'keyed',
  request: z.object({
    knowledgeId: z.uuid(),
    name: Name.optional(),
    description: Description.optional(),
    meta: boundedJson().nullish(),
  }),
  reply: KnowledgeBaseSchema,
});

/** Deletes the base and those of its files that are in no other base. Once it replies no search finds them. */
export const remove = defineCall({
  pattern: 'retrieval.knowledge.delete',
  effect: 'keyed',
  request: z.object({ knowledgeId: z.uuid() }),
  reply: z.object({ deleted: z.boolean() }),
  deadlineMs: 30_000,
});

/** Removes all files from the base and deletes those that are in no other base. */
export const reset = defineCall({
  pattern: 'retrieval.knowledge.reset',
  effect: 'keyed',
  request: z.object({ knowledgeId: z.uuid() }),
  reply: KnowledgeBaseSchema,
  deadlineMs: 30_000,
});

const FileOrder = z.enum(['name', 'created_at', 'updated_at']).default('updated_at');

/** `directory_path`: the names of the directories on the way to it, with `/` between them. */
const PlacedFileSchema = FileSchema.extend({
  directory_id: z.uuid().nullable().default(null),
  directory_path: z.string().default(''),
});

const FilePageSchema = z.object({
  items: z.array(PlacedFileSchema),
  directories: z.array(KnowledgeDirectorySchema).default([]),
  breadcrumbs: z.array(KnowledgeDirectorySchema).default([]),
  total: z.number().int(),
});

/**
 * The files of a base, 30 a page, with their state. `query`: only names that contain it. `directoryId`: those directly in this directory, or
 * with null at the top level, with the directories in it and, as `breadcrumbs`, those on the way to it, itself last.
 */
export const files = defineCall({
  pattern: 'retrieval.knowledge.files',
  effect: 'read',
  sealed: true,
  request: z.object({
    knowledgeId: z.uuid(),
    directoryId: z.uuid().nullable().optional(),
    query: z.string().max(500).default(''),
    orderBy: FileOrder,
    direction: z.enum(['asc', 'desc']).default('desc'),
    page: Page,
    limit: z.number().int().min(1).max(500).default(KNOWLEDGE_PAGE),
  }),
  reply: FilePageSchema,
});

/** Files of all the caller's bases whose name contains `query`, 30 a page, each with its base. */
export const searchFiles = defineCall({
  pattern: 'retrieval.knowledge.searchFiles',
  effect: 'read',
  sealed: true,
  request: z.object({ query: z.string().max(500).default(''), page: Page }),
  reply: z.object({
    items: z.array(PlacedFileSchema.extend({ knowledge: z.object({ id: z.uuid(), name: z.string() }) })),
    total: z.number().int(),
  }),
});

/** The files of a base that wait or are being ingested; at most 500. */
export const pending = defineCall({
  pattern: 'retrieval.knowledge.pending',
  effect: 'read',
  request: z.object({ knowledgeId: z.uuid() }),
  reply: z.object({ items: z.array(FileStatusSchema.extend({ filename: z.string() })) }),
});

/**
 * Adds files to a base, all or none. A file that is there already is left as it is; the same bytes under another id are refused:
 * `INVALID_ARGUMENT` "Duplicate content detected…". Files that were never processed are queued.
 */
export const addFiles = defineCall({
  pattern: 'retrieval.knowledge.addFiles',
  effect: 'keyed',
  request: z.object({
    knowledgeId: z.uuid(),
    fileIds: z.array(z.uuid()).min(1).max(1_000),
    /** The directories of some of them; the others are at the top level. */
    directoryOf: boundedRecord(z.uuid(), 1_000).default({}),
  }),
  reply: KnowledgeBaseSchema,
  deadlineMs: 15_000,
});

/**
 * Moves a file of a base to a directory, null: to the top level; with `toKnowledgeId` to another base, where it is found as soon as its points
 * are written, and until then still in the old one. `NOT_FOUND` for a missing file, directory or base, and for bases that the caller may not
 * change; otherwise as `addFiles`.
 */
export const moveFile = defineCall({
  pattern: 'retrieval.knowledge.moveFile',
  effect: 'keyed',
  request: z.object({
    knowledgeId: z.uuid(),
    fileId: z.uuid(),
    directoryId: z.uuid().nullable().default(null),
    toKnowledgeId: z.uuid().optional(),
  }),
  reply: z.object({ moved: z.boolean() }),
});

/** Ingests a file of the base again, from its present bytes. `NOT_FOUND` when it is not in the base. */
export const updateFile = defineCall({
  pattern: 'retrieval.knowledge.updateFile',
  effect: 'keyed',
  request: z.object({ knowledgeId: z.uuid(), fileId: z.uuid() }),
  reply: KnowledgeBaseSchema,
});

/**
 * Removes a file from a base. `deleteFile`: deletes it too, if it is in no other base and the caller may; otherwise a file without a base can
 * still be found as a file on its own.
 */
export const removeFile = defineCall({
  pattern: 'retrieval.knowledge.removeFile',
  effect: 'keyed',
  request: z.object({ knowledgeId: z.uuid(), fileId: z.uuid(), deleteFile: z.boolean().default(true) }),
  reply: KnowledgeBaseSchema,
});

/**
 * Ingests every file of a base again, or for an administrator every file, in the background; searches find the old text of each until its new
 * one is complete. A file that waits to be read is left as it is. `queued`: how many this call queued. `UNAVAILABLE` when too many files wait.
 */
export const reindex = defineCall({
  pattern: 'retrieval.knowledge.reindex',
  effect: 'keyed',
  request: z.object({ knowledgeId: z.uuid().optional() }),
  reply: z.object({ queued: z.number().int() }),
  deadlineMs: 30_000,
});
