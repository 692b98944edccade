import { placedKey } from '@perennial/contracts-kernel';
import { FileStateSchema } from '@perennial/contracts-wire';
import { z } from 'zod';

/** The steps of an ingestion, in order. */
export const IngestionStepSchema = z.enum(['extract', 'split', 'embed', 'index']);

export type IngestionStep = z.infer<typeof IngestionStepSchema>;

/** State of a file's ingestion; the source of the gateway's `process/status` and its stream. */
export const FileStatusSchema = z.object({
  id: z.uuid(),
  userId: z.uuid(),
  state: FileStateSchema,
  /** The current or last step; null before the first. */
  step: IngestionStepSchema.nullable(),
  /** Chunks embedded or indexed so far, and in all; both 0 until the number is known. */
  done: z.number().int(),
  total: z.number().int(),
  /** Why it failed, for its owner to read; null otherwise. */
  error: z.string().nullable(),
  /** Rises with every replacement of the content. */
  generation: z.number().int(),
  /** The generation that searches find; null if none. */
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

/**
 * Key of a file in the blob store. `version` is `1` for the upload and a new UUID for every replacement, so that a replacement never
 * overwrites bytes that a worker reads.
 *
 * @param placement of the person who stores the bytes
 */
export function toBlobKey(fileId: string, version: string, placement?: string | null): string {
  return placedKey(placement, `files/${fileId}/${version}`);
}

/** Where a piece begins in a file's text. It is valid for one generation only. */
export const TextCursorSchema = z.object({
  generation: z.number().int(),
  /** The first chunk of the piece. */
  chunk: z.number().int().min(0),
});

export type TextCursor = z.infer<typeof TextCursorSchema>;
