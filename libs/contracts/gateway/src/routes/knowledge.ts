import {
  DirectoryNameSchema,
  IncomingAccessGrantSchema,
  KnowledgeBaseSchema,
  KnowledgeDirectorySchema,
  KnowledgeFileSchema,
  KnowledgeListItemSchema,
  PendingFileSchema,
} from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

const page = z.coerce.number().int().min(1).max(1_000_000).default(1);

const basePage = z.object({ items: z.array(KnowledgeListItemSchema), total: z.number().int() });

/** The caller's bases, last changed first; 30 a page. */
export const list = route({
  method: 'GET',
  path: '/api/v1/knowledge/',
  access: 'user',
  query: z.object({ page }),
  reply: basePage,
});

const query = z.string().max(500).default('');

const direction = z.enum(['asc', 'desc']);

/**
 * Bases whose name or description contains `query`; 30 a page. An administrator also sees those of others, unless `view_option` is `created`.
 */
export const search = route({
  method: 'GET',
  path: '/api/v1/knowledge/search',
  access: 'user',
  query: z.object({
    query,
    page,
    view_option: z.string().max(50).optional(),
    source: z.string().max(50).optional(),
    order_by: z.enum(['name', 'created_at', 'updated_at']).catch('updated_at'),
    direction: direction.catch('desc'),
  }),
  reply: basePage,
});

const filePage = z.object({
  items: z.array(KnowledgeFileSchema),
  directories: z.array(KnowledgeDirectorySchema),
  breadcrumbs: z.array(KnowledgeDirectorySchema),
  total: z.number().int(),
});

/** Files in the caller's bases whose name contains `query`, each with its base; 30 a page. */
export const searchFiles = route({
  method: 'GET',
  path: '/api/v1/knowledge/search/files',
  access: 'user',
  query: z.object({ query, page, include_content: z.string().max(10).optional() }),
  reply: filePage.extend({
    items: z.array(KnowledgeFileSchema.extend({ knowledge: z.object({ id: z.uuid(), name: z.string() }) })),
  }),
});

const form = z.object({
  name: z.string().trim().min(1, 'must not be empty').max(200),
  description: z.string().max(10_000).default(''),
  access_grants: z.array(IncomingAccessGrantSchema).max(1_000).nullish(),
});

/** Grants are accepted and ignored: only the owner and administrators use a base. */
export const create = route({
  method: 'POST',
  path: '/api/v1/knowledge/create',
  access: 'user',
  body: form,
  reply: KnowledgeBaseSchema,
});

const params = z.object({ id: z.string().min(1).max(200) });

export const get = route({
  method: 'GET',
  path: '/api/v1/knowledge/:id',
  access: 'user',
  params,
  reply: KnowledgeBaseSchema,
});

export const update = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/update',
  access: 'user',
  params,
  body: form,
  reply: KnowledgeBaseSchema,
});

/** Deletes the base with the vectors of its files, and the files that are in no other base. */
export const remove = route({
  method: 'DELETE',
  path: '/api/v1/knowledge/:id/delete',
  access: 'user',
  params,
  reply: z.boolean(),
});

/** Removes all files from the base, and deletes those that are in no other base. */
export const reset = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/reset',
  access: 'user',
  params,
  reply: KnowledgeBaseSchema,
});

/**
 * The base's files; 30 a page unless `limit` (at most 100) says otherwise. With `directory_id` those directly in this directory, or if it is empty
 * at the top level, with the directories there, and on the way to it (`breadcrumbs`, itself last).
 */
export const files = route({
  method: 'GET',
  path: '/api/v1/knowledge/:id/files',
  access: 'user',
  params,
  query: z.object({
    query,
    page,
    limit: z.coerce.number().int().min(1).max(100).default(30),
    order_by: z.enum(['name', 'created_at', 'updated_at']).catch('updated_at'),
    direction: direction.catch('desc'),
    view_option: z.string().max(50).optional(),
    include_content: z.string().max(10).optional(),
    directory_id: z.string().max(200).optional(),
  }),
  reply: filePage,
});

/**
 * The base's files that wait or are being ingested; at most 500. With `stream=true` the list as server-sent events: at once and with every
 * change; the stream ends when the list is empty.
 */
export const pending = route({
  method: 'GET',
  path: '/api/v1/knowledge/:id/files/pending',
  access: 'user',
  params,
  query: z.object({ stream: z.stringbool().catch(false).default(false) }),
  reply: z.array(PendingFileSchema),
});

const itemId = z.string().min(1, 'must not be empty').max(200);

/** `directory_id`: a directory of the base; none: its top level. */
const oneFile = z.object({ file_id: itemId, directory_id: itemId.nullish() });

/** Adds the file to the base. 400 when the base has a file with the same content. */
export const addFile = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/file/add',
  access: 'user',
  params,
  body: oneFile,
  reply: KnowledgeBaseSchema,
});

/** Ingests a file of the base again from its bytes. */
export const updateFile = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/file/update',
  access: 'user',
  params,
  body: oneFile,
  reply: KnowledgeBaseSchema,
});

/** Removes a file from a base, and with `delete_file` (the default) deletes it if no other base holds it. */
export const removeFile = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/file/remove',
  access: 'user',
  params,
  query: z.object({ delete_file: z.stringbool().catch(true).default(true) }),
  body: oneFile,
  reply: KnowledgeBaseSchema,
});

/** Adds up to 1,000 files to the base, all or none. */
export const addFiles = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/files/batch/add',
  access: 'user',
  params,
  body: z.array(oneFile).min(1, 'must name at least one file').max(1_000),
  reply: KnowledgeBaseSchema,
});

const moved = z.object({ status: z.boolean() });

/**
 * Moves a file of the base to a directory; `directory_id` null: to the top level. `knowledge_id`, ours: to this base; searches find the file
 * in exactly one of the two all the time.
 */
export const moveFile = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/file/move',
  access: 'user',
  params,
  body: oneFile.extend({ knowledge_id: itemId.nullish() }),
  reply: moved,
});

/** Makes a directory. 400 when there is one with this name, or it would be too deep. */
export const createDirectory = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/dirs/create',
  access: 'user',
  params,
  body: z.object({ name: DirectoryNameSchema, parent_id: itemId.nullish() }),
  reply: KnowledgeDirectorySchema,
});

const oneDirectory = params.extend({ dirId: itemId });

/** Renames or moves a directory; `parent_id` null: to the top level; without it, it stays where it is. */
export const updateDirectory = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/dirs/:dirId/update',
  access: 'user',
  params: oneDirectory,
  body: z
    .object({ name: DirectoryNameSchema.nullish(), parent_id: itemId.nullish() })
    .refine(({ name, parent_id }) => name != null || parent_id !== undefined, 'must have a name or a parent_id'),
  reply: KnowledgeDirectorySchema,
});

/** Removes a directory and those in it. Their files move to its parent; with `move_files=false` they leave the base like those of `reset`. */
export const removeDirectory = route({
  method: 'DELETE',
  path: '/api/v1/knowledge/:id/dirs/:dirId/delete',
  access: 'user',
  params: oneDirectory,
  query: z.object({ move_files: z.stringbool().catch(true).default(true) }),
  reply: moved,
});

/**
 * Ingests every file of the base again, in the background; searches find the old text of each until its new one is complete. Ours. `queued`: how
 * many were not waiting already.
 */
export const reindexBase = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/reindex',
  access: 'user',
  params,
  reply: z.object({ status: z.boolean(), queued: z.number().int() }),
});

/** Ingests every file again, in the background; searches work meanwhile. */
export const reindex = route({
  method: 'POST',
  path: '/api/v1/knowledge/reindex',
  access: 'admin',
  reply: z.boolean(),
});
