import { boundedJson, defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';

/**
 * How far a file's ingestion is. `pending`: waits for a worker; `processing`: a worker has it; `completed`: its text can be found;
 * `failed`: given up, with a reason. A file whose content was replaced stays findable under its old content until the new is `completed`.
 */
export const FileStateSchema = z.enum(['pending', 'processing', 'completed', 'failed']);
export type FileState = z.infer<typeof FileStateSchema>;

/** The steps of an ingestion, in order. */
export const IngestionStepSchema = z.enum(['extract', 'split', 'embed', 'index']);
export type IngestionStep = z.infer<typeof IngestionStepSchema>;

/** Where a file stands; what the gateway's `process/status` and its stream are made of. */
export const FileStatusSchema = z.object({
  id: z.uuid(),
  userId: z.uuid(),
  state: FileStateSchema,
  /** The step that is under way or was reached last; null before the first. */
  step: IngestionStepSchema.nullable(),
  /** Chunks embedded or indexed so far, and in all; both 0 while that is not known. */
  done: z.number().int(),
  total: z.number().int(),
  /** Why it failed, for its owner to read; null otherwise. */
  error: z.string().nullable(),
  /** Rises with every replacement of the content. */
  generation: z.number().int(),
  /** The generation that searches find; null while none is. */
  liveGeneration: z.number().int().nullable(),
});
export type FileStatus = z.infer<typeof FileStatusSchema>;

/** `FileModel` of the wire. Times are epoch seconds, `size` is bytes, `hash` and `file_hash` are SHA-256 in hex. */
export const FileSchema = z.object({
  id: z.uuid(),
  user_id: z.uuid(),
  /** Of the content that searches find; null before the first ingestion has ended. */
  hash: z.string().nullable(),
  filename: z.string(),
  /** Empty for a file that was stored without being processed. */
  data: z.object({ status: FileStateSchema.optional(), error: z.string().nullish() }),
  meta: z.object({
    name: z.string(),
    content_type: z.string(),
    size: z.number().int(),
    file_hash: z.string(),
    /** What the client sent with the upload. */
    data: z.record(z.string(), z.unknown()),
    /** The base it was uploaded into, or `file-<id>`. */
    collection_name: z.string(),
  }),
  created_at: z.number().int(),
  updated_at: z.number().int(),
});
export type StoredFile = z.infer<typeof FileSchema>;

export const MAX_FILE_NAME_CHARS = 500;
const FileName = z.string().trim().min(1).max(MAX_FILE_NAME_CHARS);
const Sha256 = z
  .string()
  .length(64)
  .regex(/^[0-9a-f]{64}$/);

/**
 * Where the bytes of a file live in the blob store. `version` is `1` for the upload and a new UUID for every replacement, so that no
 * replacement ever writes over bytes that a worker reads.
 */
export function blobKeyOf(fileId: string, version: string): string {
  return `files/${fileId}/${version}`;
}

/**
 * Makes the row of a file whose bytes are in the blob store under `blobKeyOf(fileId, '1')`, and queues its ingestion. Keyed by the
 * file's id: a second delivery answers with what the first has made.
 * `INVALID_ARGUMENT` "Duplicate content detected…" when the base holds the same bytes already; `NOT_FOUND` for a base that is not the
 * caller's; `PAYLOAD_TOO_LARGE`, `RATE_LIMITED` (files of a user or of a base), `RESOURCE_EXHAUSTED` (queue) beyond the limits. After an
 * error that is not `UNAVAILABLE` or `DEADLINE_EXCEEDED` the caller deletes the blob; what it forgets the reconciler finds.
 */
export const REGISTER_FILE = defineCall({
  pattern: 'retrieval.files.register',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    fileId: z.uuid(),
    name: FileName,
    contentType: z.string().max(255).default('application/octet-stream'),
    size: z.number().int().min(0),
    sha256: Sha256,
    /** What the client sent beside the file; kept as it is. */
    metadata: boundedJson().default({}),
    /** The base it goes into; alone without one. */
    knowledgeId: z.uuid().nullish(),
    /** False: only stored, until it is added to a base. */
    process: z.boolean().default(true),
  }),
  reply: FileSchema,
});

/** `NOT_FOUND` also when it is somebody else's. */
export const GET_FILE = defineCall({
  pattern: 'retrieval.files.get',
  effect: 'read',
  request: z.object({ fileId: z.uuid() }),
  reply: FileSchema,
});

/** Where the original is, for whoever streams it to the browser. */
export const LOCATE_FILE = defineCall({
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

/** Where each of several files stands; those that are gone or somebody else's are left out. */
export const FILE_STATUSES = defineCall({
  pattern: 'retrieval.files.statuses',
  effect: 'read',
  request: z.object({ fileIds: z.array(z.uuid()).min(1).max(500) }),
  reply: z.object({ items: z.array(FileStatusSchema) }),
});

/** The caller's own files, newest first. */
export const LIST_FILES = defineCall({
  pattern: 'retrieval.files.list',
  effect: 'read',
  request: z.object({
    page: z.number().int().min(1).default(1),
    limit: z.number().int().min(1).max(200).default(30),
  }),
  reply: z.object({ items: z.array(FileSchema), total: z.number().int() }),
});

/** The caller's own files whose name matches: `*` stands for anything, `?` for one character, letter case does not count. */
export const SEARCH_FILES = defineCall({
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
export const COUNT_FILES = defineCall({
  pattern: 'retrieval.files.count',
  effect: 'read',
  request: z.object({}),
  reply: z.object({ count: z.number().int() }),
});

export const RENAME_FILE = defineCall({
  pattern: 'retrieval.files.rename',
  effect: 'keyed',
  request: z.object({ fileId: z.uuid(), name: FileName }),
  reply: FileSchema,
});

/** From the reply on no search finds it; its points, bytes and rows are removed by a durable job. */
export const DELETE_FILE = defineCall({
  pattern: 'retrieval.files.delete',
  effect: 'keyed',
  request: z.object({ fileId: z.uuid() }),
  reply: z.object({ deleted: z.boolean() }),
});

/** Admin only: every file of every user. */
export const DELETE_ALL_FILES = defineCall({
  pattern: 'retrieval.files.deleteAll',
  effect: 'keyed',
  request: z.object({}),
  reply: z.object({ deleted: z.number().int() }),
  deadlineMs: 30_000,
});

/** Every file and base of a user who was deleted. Sent by auth's deletion through the gateway's admin route. */
export const DELETE_USER_DOCUMENTS = defineCall({
  pattern: 'retrieval.files.deleteOfUser',
  effect: 'keyed',
  request: z.object({ userId: z.uuid() }),
  reply: z.object({ files: z.number().int(), bases: z.number().int() }),
  deadlineMs: 30_000,
});

/** Where in the text of a file a piece begins; of one generation, since another one is another text. */
export const TextCursorSchema = z.object({
  generation: z.number().int(),
  /** The first chunk of the piece. */
  chunk: z.number().int().min(0),
});
export type TextCursor = z.infer<typeof TextCursorSchema>;

/**
 * The text that was extracted from a file, in pieces: from the beginning, then from the `next` of the piece before (null: that was the
 * end). A piece holds at most about `maxChars` characters. Empty while there is none.
 * `FAILED_PRECONDITION` when the content was replaced since the piece before: what was read is no part of the present text.
 */
export const FILE_TEXT = defineCall({
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
 * Replaces the content by bytes that are in the blob store under `blobKeyOf(fileId, <new UUID>)`: a new generation, ingested anew; the
 * old one is found until the new one is in. `FAILED_PRECONDITION` when `blobKey` is not a key of this file.
 */
export const REPLACE_FILE = defineCall({
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

/** Queues a file again that ended `failed` (or was never processed). `FAILED_PRECONDITION` for one that is `completed`. */
export const RETRY_FILE = defineCall({
  pattern: 'retrieval.files.retry',
  effect: 'keyed',
  request: z.object({ fileId: z.uuid() }),
  reply: FileSchema,
});
