import { z } from 'zod';

const seconds = z.number().int().nullable();

/** A place from which documents come into a base by themselves. Ours; times are epoch seconds. */
export const KnowledgeSourceSchema = z.object({
  id: z.uuid(),
  knowledge_id: z.uuid(),
  type: z.enum(['web', 'folder', 'git']),
  /** Of `web`. */
  mode: z.enum(['page', 'site', 'sitemap']).optional(),
  url: z.string().optional(),
  depth: z.number().int().optional(),
  /** Of `git`, besides `url` and `path`; empty: the one that its server names. */
  branch: z.string().optional(),
  /** Of `folder`: the name that the operator has given to a directory, and a path below it. */
  directory: z.string().optional(),
  path: z.string().optional(),
  max_documents: z.number().int(),
  /** Seconds between two syncs; null: only when somebody asks. */
  interval: seconds,
  /** `idle`: waits for its next sync; `waiting`: is due; `running`: is being read. */
  status: z.enum(['idle', 'waiting', 'running']),
  /** Why the last sync failed; null after one that succeeded. */
  error: z.string().nullable(),
  /** More documents were found than `max_documents`. */
  truncated: z.boolean(),
  started_at: seconds,
  finished_at: seconds,
  succeeded_at: seconds,
  next_at: seconds,
  /** Its documents by status. */
  documents: z.record(z.string(), z.number().int()),
  created_at: z.number().int(),
});

export type KnowledgeSource = z.infer<typeof KnowledgeSourceSchema>;

/** A document that a source has found. */
export const SourceDocumentSchema = z.object({
  address: z.string(),
  /** `waiting`, `stored`, `duplicate`, `skipped`, `failed` or `absent`. */
  status: z.string(),
  /** Why. */
  message: z.string().nullable(),
  file_id: z.uuid().nullable(),
  /** The state of its file, and why that failed. */
  file_status: z.string().nullable(),
  file_error: z.string().nullable(),
  absent_since: seconds,
  checked_at: seconds,
});

export type SourceDocument = z.infer<typeof SourceDocumentSchema>;
