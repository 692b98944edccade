import { MAX_TEXT_CHARS } from '@perennial/contracts-kernel';
import { FileProgressSchema, FileReplySchema, FileSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

/**
 * Multipart: part `file`, and part `metadata` (JSON text; `knowledge_id` adds it to that base, `directory_id` to a directory there). Replies once
 * the bytes are stored and the ingestion is recorded, which continues even if this server dies. 413 beyond `FILE_MAX_SIZE`, 415 for an extension that is not allowed.
 * `process=false` only stores the file. `process_in_background=false` is accepted and has no effect: follow `process/status`.
 */
export const upload = route({
  method: 'POST',
  path: '/api/v1/files/',
  access: 'user',
  query: z.object({
    process: z.stringbool().catch(true).default(true),
    process_in_background: z.stringbool().catch(true).default(true),
  }),
  form: true,
  reply: FileReplySchema,
});

const page = z.coerce.number().int().min(1).max(1_000_000);

/**
 * The caller's files, newest first, always without their text (`content` has no effect): read `data/content` for it.
 */
export const list = route({
  method: 'GET',
  path: '/api/v1/files/',
  access: 'user',
  query: z.object({ page: page.default(1), content: z.string().max(10).optional() }),
  reply: z.object({ items: z.array(FileSchema), total: z.number().int() }),
});

/** The caller's files whose name matches: `*` stands for any text, `?` for one character; case-insensitive. */
export const search = route({
  method: 'GET',
  path: '/api/v1/files/search',
  access: 'user',
  query: z.object({
    filename: z.string().min(1, 'must not be empty').max(500),
    content: z.string().max(10).optional(),
    skip: z.coerce.number().int().min(0).max(1_000_000).default(0),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
  }),
  reply: z.array(FileSchema),
});

/** How many files the caller has. */
export const count = route({
  method: 'GET',
  path: '/api/v1/files/count',
  access: 'user',
  reply: z.number().int(),
});

const done = z.object({ message: z.string() });

/** Deletes every file of every user, from all bases. */
export const removeAll = route({
  method: 'DELETE',
  path: '/api/v1/files/all',
  access: 'admin',
  reply: done,
});

/**
 * Any string is accepted: an id that is not a file of the caller is 404, the same for "does not exist" and "not yours".
 */
const params = z.object({ id: z.string().min(1).max(200) });

export const get = route({
  method: 'GET',
  path: '/api/v1/files/:id',
  access: 'user',
  params,
  reply: FileReplySchema,
});

/** Deletes the file with its vectors and bytes, in every base that holds it. Idempotent: repeat it after an error. */
export const remove = route({ method: 'DELETE', path: '/api/v1/files/:id', access: 'user', params, reply: done });

/**
 * JSON, or with `stream=true` server-sent events: one at once, one with every change; the stream ends after `completed` or `failed`. A stream
 * that ends without either was cut (a deploy): reconnect.
 */
export const status = route({
  method: 'GET',
  path: '/api/v1/files/:id/process/status',
  access: 'user',
  params,
  query: z.object({ stream: z.stringbool().catch(false).default(false) }),
  reply: FileProgressSchema,
});

/** Ours: ingests a file that `failed` or was only stored. 409 when it is `completed`. */
export const retry = route({
  method: 'POST',
  path: '/api/v1/files/:id/process/retry',
  access: 'user',
  params,
  reply: FileReplySchema,
});

/**
 * The extracted text, in the order of the document; empty until there is one. The reply is cut if the file is replaced meanwhile.
 */
export const text = route({
  method: 'GET',
  path: '/api/v1/files/:id/data/content',
  access: 'user',
  params,
  reply: z.object({ content: z.string() }),
});

/** Replaces the file's text: a new generation. Searches find the old text until the new one is indexed. */
export const updateText = route({
  method: 'POST',
  path: '/api/v1/files/:id/data/content/update',
  access: 'user',
  params,
  body: z.object({ content: z.string().min(1, 'must not be empty').max(MAX_TEXT_CHARS) }),
  reply: z.object({ content: z.string() }),
});

export const rename = route({
  method: 'POST',
  path: '/api/v1/files/:id/rename',
  access: 'user',
  params,
  body: z.object({ filename: z.string().trim().min(1, 'must not be empty').max(500) }),
  reply: FileReplySchema,
});

/**
 * The original's bytes, with ranges. `attachment=true` makes a browser save it; active content is never shown inline.
 */
export const content = route({
  method: 'GET',
  path: '/api/v1/files/:id/content',
  aliases: ['/api/v1/files/:id/content/:file_name'],
  access: 'user',
  params,
  query: z.object({ attachment: z.stringbool().catch(false).default(false) }),
  reply: z.string(),
  replyType: 'application/octet-stream',
});

/** An HTML document for display: inline, in a sandbox that runs and fetches nothing. 404 for a file of another type. */
export const html = route({
  method: 'GET',
  path: '/api/v1/files/:id/content/html',
  access: 'user',
  params,
  reply: z.string(),
  replyType: 'text/html',
});
