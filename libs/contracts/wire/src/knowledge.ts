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

/** Name of a directory: a part of a path. */
export const DirectoryNameSchema = z
  .string()
  .trim()
  .normalize('NFC')
  .min(1, 'must not be empty')
  .max(255)
  // eslint-disable-next-line no-control-regex -- these are what it refuses
  .regex(/^[^/\u0000-\u001f\u007f]*$/, 'must not contain "/" or control characters')
  .refine((name) => name !== '.' && name !== '..', 'must not be "." or ".."');

/** A directory in a base. `parent_id` null: at the top level. */
export const KnowledgeDirectorySchema = z.object({
  id: z.uuid(),
  knowledge_id: z.uuid(),
  parent_id: z.uuid().nullable(),
  name: z.string(),
  user_id: z.uuid(),
  created_at: z.number().int(),
  updated_at: z.number().int(),
});

export type KnowledgeDirectory = z.infer<typeof KnowledgeDirectorySchema>;

/** A file in a base. `directory_id` null and `directory_path` empty: at the top level; otherwise the names on its way, with `/` between them. */
export const KnowledgeFileSchema = FileSchema.extend({
  directory_id: z.uuid().nullable(),
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
