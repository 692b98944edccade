import { z } from 'zod';

/** Files a page of every list of files holds. */
export const FILES_PER_PAGE = 30;

/**
 * State of a file's ingestion. `pending`: waits for a worker; `processing`: a worker has claimed it; `completed`: searches find its text;
 * `failed`: gave up, with a reason. After a replacement searches find the old content until the new one is `completed`.
 */
export const FileStateSchema = z.enum(['pending', 'processing', 'completed', 'failed']);

export type FileState = z.infer<typeof FileStateSchema>;

/**
 * An uploaded document. Times are epoch seconds, `meta.size` is bytes, `hash` is the SHA-256 of the content that searches find (null before
 * the first ingestion). `data.error` says why it `failed` and what to do; `data` is empty for a file that was only stored; the text itself is
 * at `data/content`. `meta.data` is the upload's `metadata` (`knowledge_id`: the base it was uploaded into).
 */
export const FileSchema = z.looseObject({
  id: z.uuid(),
  user_id: z.uuid(),
  hash: z.string().nullable(),
  filename: z.string(),
  data: z.looseObject({ status: FileStateSchema.optional(), error: z.string().nullish() }),
  meta: z.looseObject({
    name: z.string(),
    content_type: z.string(),
    size: z.number().int(),
    file_hash: z.string().nullish(),
    data: z.record(z.string(), z.unknown()).optional(),
    collection_name: z.string().optional(),
  }),
  created_at: z.number().int(),
  updated_at: z.number().int(),
});

export type FileItem = z.infer<typeof FileSchema>;

/** A file in the replies of its upload and its own route. `path` is the address of its bytes. */
export const FileReplySchema = FileSchema.extend({ status: z.literal(true), path: z.string() });

export type FileReply = z.infer<typeof FileReplySchema>;

/** Progress of a file's ingestion. `step`, `done` and `total` are ours: they count within the step. */
export const FileProgressSchema = z.object({
  status: FileStateSchema,
  error: z.string().nullish(),
  step: z.string().nullish(),
  done: z.number().int().nullish(),
  total: z.number().int().nullish(),
});

export type FileProgress = z.infer<typeof FileProgressSchema>;
