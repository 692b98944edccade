import { z } from 'zod';
import { FileProgressSchema, FileSchema } from './files';
import { AccessGrantSchema } from './models';
import { route } from './route';

/** Whose something is, as lists name it. Null: an account that cannot be named now. */
export const OwnerSchema = z.object({ id: z.uuid(), name: z.string(), role: z.string(), email: z.string() }).nullable();
export type Owner = z.infer<typeof OwnerSchema>;

/** A collection of documents. Times are epoch seconds. `files` is null where the route does not list them. */
export const KnowledgeBaseSchema = z.object({
  id: z.uuid(),
  user_id: z.uuid(),
  name: z.string(),
  description: z.string(),
  meta: z.record(z.string(), z.unknown()).nullable(),
  access_grants: z.array(AccessGrantSchema),
  created_at: z.number().int(),
  updated_at: z.number().int(),
  files: z.array(FileSchema).nullish(),
  write_access: z.boolean().optional(),
});
export type KnowledgeBase = z.infer<typeof KnowledgeBaseSchema>;

/** A base in a list. */
export const KnowledgeListItemSchema = KnowledgeBaseSchema.omit({ files: true, write_access: true }).extend({
  user: OwnerSchema,
  file_count: z.number().int(),
  write_access: z.boolean(),
});
export type KnowledgeListItem = z.infer<typeof KnowledgeListItemSchema>;

/** A file in a base. Folders inside a base are not offered: `directory_id` is null and `directory_path` empty. */
export const KnowledgeFileSchema = FileSchema.extend({
  directory_id: z.null(),
  directory_path: z.string(),
  has_original: z.boolean(),
  user: OwnerSchema,
});
export type KnowledgeFile = z.infer<typeof KnowledgeFileSchema>;

const params = z.object({ id: z.string().min(1).max(200) });
const page = z.coerce.number().int().min(1).max(1_000_000).default(1);
const query = z.string().max(500).default('');
const direction = z.enum(['asc', 'desc']);
const bases = z.object({ items: z.array(KnowledgeListItemSchema), total: z.number().int() });
const files = z.object({
  items: z.array(KnowledgeFileSchema),
  directories: z.array(z.never()),
  breadcrumbs: z.array(z.never()),
  total: z.number().int(),
});

/** The caller's bases, last changed first; 30 a page. */
export const LIST_KNOWLEDGE = route({
  method: 'GET',
  path: '/api/v1/knowledge/',
  access: 'user',
  query: z.object({ page }),
  reply: bases,
});

/** Bases whose name or description holds `query`; 30 a page. An administrator also sees those of others, unless `view_option` is `created`. */
export const SEARCH_KNOWLEDGE = route({
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
  reply: bases,
});

/** Files in the caller's bases whose name holds `query`, each with the base it is in; 30 a page. */
export const SEARCH_KNOWLEDGE_FILES = route({
  method: 'GET',
  path: '/api/v1/knowledge/search/files',
  access: 'user',
  query: z.object({ query, page, include_content: z.string().max(10).optional() }),
  reply: files.extend({
    items: z.array(KnowledgeFileSchema.extend({ knowledge: z.object({ id: z.uuid(), name: z.string() }) })),
  }),
});

const form = z.object({
  name: z.string().trim().min(1, 'must not be empty').max(200),
  description: z.string().max(10_000).default(''),
  access_grants: z.array(AccessGrantSchema).max(1_000).nullish(),
});

/** Grants are accepted and not kept: a base is its owner's, and every administrator's. */
export const CREATE_KNOWLEDGE = route({
  method: 'POST',
  path: '/api/v1/knowledge/create',
  access: 'user',
  body: form,
  reply: KnowledgeBaseSchema,
});

export const GET_KNOWLEDGE = route({
  method: 'GET',
  path: '/api/v1/knowledge/:id',
  access: 'user',
  params,
  reply: KnowledgeBaseSchema,
});

export const UPDATE_KNOWLEDGE = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/update',
  access: 'user',
  params,
  body: form,
  reply: KnowledgeBaseSchema,
});

/** Deletes the base with the vectors of its files; a file that is in no other base goes with it. */
export const DELETE_KNOWLEDGE = route({
  method: 'DELETE',
  path: '/api/v1/knowledge/:id/delete',
  access: 'user',
  params,
  reply: z.boolean(),
});

/** Empties the base: its files leave it, and those that are nowhere else are deleted. */
export const RESET_KNOWLEDGE = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/reset',
  access: 'user',
  params,
  reply: KnowledgeBaseSchema,
});

/** The base's files; 30 a page unless `limit` (at most 100) says otherwise. */
export const LIST_KNOWLEDGE_FILES = route({
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
  reply: files,
});

/** A file on its way into the search; `step`, `done` and `total` as in `FileProgressSchema`. */
export const PendingFileSchema = z.object({
  id: z.uuid(),
  user_id: z.uuid(),
  filename: z.string(),
  data: FileProgressSchema,
});
export type PendingFile = z.infer<typeof PendingFileSchema>;

/**
 * The base's files that wait or are being read; at most 500. With `stream=true` the list as server-sent events: at once, with every
 * change, and the end of the stream when nothing is left.
 */
export const LIST_PENDING_FILES = route({
  method: 'GET',
  path: '/api/v1/knowledge/:id/files/pending',
  access: 'user',
  params,
  query: z.object({ stream: z.stringbool().catch(false).default(false) }),
  reply: z.array(PendingFileSchema),
});

const fileId = z.string().min(1, 'must not be empty').max(200);
const oneFile = z.object({
  file_id: fileId,
  directory_id: z
    .unknown()
    .refine((id) => id === undefined || id === null, 'folders are not offered')
    .optional(),
});

/** Puts a file into the base. 400 when a file of the same content is there already. */
export const ADD_KNOWLEDGE_FILE = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/file/add',
  access: 'user',
  params,
  body: oneFile,
  reply: KnowledgeBaseSchema,
});

/** Reads a file of the base again from its bytes. */
export const UPDATE_KNOWLEDGE_FILE = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/file/update',
  access: 'user',
  params,
  body: oneFile,
  reply: KnowledgeBaseSchema,
});

/** Takes a file out of the base, and with `delete_file` (the default) deletes it where no other base holds it. */
export const REMOVE_KNOWLEDGE_FILE = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/file/remove',
  access: 'user',
  params,
  query: z.object({ delete_file: z.stringbool().catch(true).default(true) }),
  body: oneFile,
  reply: KnowledgeBaseSchema,
});

/** Puts up to 1,000 files into the base, all or none. */
export const ADD_KNOWLEDGE_FILES = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/files/batch/add',
  access: 'user',
  params,
  body: z.array(oneFile).min(1, 'must name at least one file').max(1_000),
  reply: KnowledgeBaseSchema,
});

/** Reads every file again, in the background; searches go on meanwhile. */
export const REINDEX_KNOWLEDGE = route({
  method: 'POST',
  path: '/api/v1/knowledge/reindex',
  access: 'admin',
  reply: z.boolean(),
});
