import { boundedJson, defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { FileSchema, FileStatusSchema, MAX_FILE_NAME_CHARS, TextCursorSchema } from './file';

const FileName = z.string().trim().min(1).max(MAX_FILE_NAME_CHARS);

const Sha256 = z
  .string()
  .length(64)
  .regex(/^[0-9a-f]{64}$/);

/**
 * Creates the row of a file whose bytes are in the blob store under `toBlobKey(fileId, '1')`, and queues its ingestion. Idempotent by the
 * file's id.
 * `INVALID_ARGUMENT` "Duplicate content detected…" when the base holds the same bytes already; `NOT_FOUND` for a base that is not the
 * caller's; `PAYLOAD_TOO_LARGE`, `RESOURCE_EXHAUSTED` (files of a user or of a base), `UNAVAILABLE` (queue) beyond the limits. After an
 * error that is not `isUndecided` the caller deletes the blob; the reconciler removes blobs that stay behind.
 */
export const register = defineCall({
  pattern: 'retrieval.files.register',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    fileId: z.uuid(),
    name: FileName,
    contentType: z.string().max(255).default('application/octet-stream'),
    size: z.number().int().min(0),
    sha256: Sha256,
    /** Metadata that the client sent with the file; stored unchanged. */
    metadata: boundedJson().default({}),
    /** The base to add it to; none: the file stands alone. */
    knowledgeId: z.uuid().nullish(),
    /** A directory of that base; none: its top level. */
    directoryId: z.uuid().nullish(),
    /** False: only stored, until it is added to a base. */
    process: z.boolean().default(true),
  }),
  reply: FileSchema,
});

/** `NOT_FOUND` also when it belongs to another user. */
export const get = defineCall({
  pattern: 'retrieval.files.get',
  effect: 'read',
  request: z.object({ fileId: z.uuid() }),
  reply: FileSchema,
});

/** Where the original is, for streaming it to the browser. */
export const locate = defineCall({
  pattern: 'retrieval.files.locate',
  effect: 'read',
  request: z.object({ fileId: z.uuid() }),
  reply: z.object({
    blobKey: z.string(),
    name: z.string(),
    contentType: z.string(),
    size: z.number().int(),
    sha256: Sha256,
  }),
});

/** State of several files; those that are deleted or belong to another user are left out. */
export const statuses = defineCall({
  pattern: 'retrieval.files.statuses',
  effect: 'read',
  request: z.object({ fileIds: z.array(z.uuid()).min(1).max(500) }),
  reply: z.object({ items: z.array(FileStatusSchema) }),
});

/** The caller's own files, newest first. */
export const list = defineCall({
  pattern: 'retrieval.files.list',
  effect: 'read',
  request: z.object({
    page: z.number().int().min(1).default(1),
    limit: z.number().int().min(1).max(200).default(30),
  }),
  reply: z.object({ items: z.array(FileSchema), total: z.number().int() }),
});

/** The caller's own files whose name matches: `*` stands for any text, `?` for one character; case-insensitive. */
export const search = defineCall({
  pattern: 'retrieval.files.search',
  effect: 'read',
  request: z.object({
    filename: z.string().min(1).max(MAX_FILE_NAME_CHARS),
    skip: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(1_000).default(100),
  }),
  reply: z.object({ items: z.array(FileSchema) }),
});

/** How many files the caller has. */
export const count = defineCall({
  pattern: 'retrieval.files.count',
  effect: 'read',
  request: z.object({}),
  reply: z.object({ count: z.number().int() }),
});

export const rename = defineCall({
  pattern: 'retrieval.files.rename',
  effect: 'keyed',
  request: z.object({ fileId: z.uuid(), name: FileName }),
  reply: FileSchema,
});

/** Once it replies no search finds the file; a durable job deletes its points, bytes and rows. */
export const remove = defineCall({
  pattern: 'retrieval.files.delete',
  effect: 'keyed',
  request: z.object({ fileId: z.uuid() }),
  reply: z.object({ deleted: z.boolean() }),
});

/** Admin only: every file of every user. */
export const removeAll = defineCall({
  pattern: 'retrieval.files.deleteAll',
  effect: 'keyed',
  request: z.object({}),
  reply: z.object({ deleted: z.number().int() }),
  deadlineMs: 30_000,
});

/**
 * Deletes every file and base of a deleted user. The gateway's admin route calls it after auth has deleted the account.
 */
export const removeOfUser = defineCall({
  pattern: 'retrieval.files.deleteOfUser',
  effect: 'keyed',
  request: z.object({ userId: z.uuid() }),
  reply: z.object({ files: z.number().int(), bases: z.number().int() }),
  deadlineMs: 30_000,
});

/**
 * The extracted text of a file, in pieces: from the beginning, then from the `next` of the last piece (null: the end). A piece has at most
 * about `maxChars` characters. Empty until there is a text.
 * `FAILED_PRECONDITION` when the content was replaced since the last piece: what was read is of the old text.
 */
export const text = defineCall({
  pattern: 'retrieval.files.text',
  effect: 'read',
  request: z.object({
    fileId: z.uuid(),
    from: TextCursorSchema.optional(),
    maxChars: z.number().int().min(1).max(500_000).default(250_000),
  }),
  reply: z.object({ content: z.string(), next: TextCursorSchema.nullable() }),
});

/**
 * Replaces the content by bytes that are in the blob store under `toBlobKey(fileId, <new UUID>)`: a new generation. Searches find the old one
 * until the new one is live. `FAILED_PRECONDITION` when `blobKey` is not a key of this file.
 */
export const replace = defineCall({
  pattern: 'retrieval.files.replace',
  effect: 'keyed',
  request: z.object({
    fileId: z.uuid(),
    blobKey: z.string().max(200),
    contentType: z.string().max(255),
    size: z.number().int().min(0),
    sha256: Sha256,
    /** Keeps the name when absent. */
    name: FileName.optional(),
  }),
  reply: FileSchema,
});

/** Queues a file again that `failed` or was never processed. `FAILED_PRECONDITION` for one that is `completed`. */
export const retry = defineCall({
  pattern: 'retrieval.files.retry',
  effect: 'keyed',
  request: z.object({ fileId: z.uuid() }),
  reply: FileSchema,
});
