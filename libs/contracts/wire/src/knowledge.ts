import { z } from 'zod';
import { FileProgressSchema, FileSchema } from './file';
import { AccessGrantSchema } from './model';

/** The owner of an item in a list. Null: the account is unknown or cannot be fetched now. */
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

/** A file that is being ingested; `step`, `done` and `total` as in `FileProgressSchema`. */
export const PendingFileSchema = z.object({
  id: z.uuid(),
  user_id: z.uuid(),
  filename: z.string(),
  data: FileProgressSchema,
});

export type PendingFile = z.infer<typeof PendingFileSchema>;
