import { z } from 'zod';

/** Longest address of a document: it is part of a key. */
export const MAX_ADDRESS_CHARS = 2_000;

/** Seconds between two syncs; null: only when somebody asks. */
export const SourceIntervalSchema = z
  .number()
  .int()
  .min(900)
  .max(31 * 24 * 60 * 60)
  .nullable();

const Documents = z.number().int().min(1).max(100_000);

const WebMode = z.enum(['page', 'site', 'sitemap']);

/**
 * Web pages to be read. `page`: this one; `site`: those that it links to below its own directory, at most `depth` links away; `sitemap`: those
 * that the sitemap at this address lists, on its own host.
 */
const NewWebSource = z.object({
  type: z.literal('web'),
  mode: WebMode.default('page'),
  url: z.string().trim().min(1, 'must not be empty').max(MAX_ADDRESS_CHARS),
  depth: z.number().int().min(1).max(10).default(3),
  maxDocuments: Documents.default(1_000),
});

/** The files of a folder below a directory that the operator has named (`SOURCE_DIRECTORIES`). */
const NewFolderSource = z.object({
  type: z.literal('folder'),
  directory: z.string().min(1, 'must not be empty').max(100),
  path: z.string().max(MAX_ADDRESS_CHARS).default(''),
  maxDocuments: Documents.default(1_000),
});

/** The files of a branch of a Git repository, by https; `branch` empty: the one that the server names. */
const NewGitSource = z.object({
  type: z.literal('git'),
  url: z.string().trim().min(1, 'must not be empty').max(MAX_ADDRESS_CHARS),
  branch: z.string().trim().max(250).default(''),
  path: z.string().max(MAX_ADDRESS_CHARS).default(''),
  /** Of a private repository; it is kept encrypted, and never given out. */
  token: z.string().trim().max(10_000).default(''),
  maxDocuments: Documents.default(1_000),
});

/** What a new source is to read. */
export const NewSourceConfigSchema = z.discriminatedUnion('type', [NewWebSource, NewFolderSource, NewGitSource]);

const WebSource = z.object({
  type: z.literal('web'),
  mode: WebMode,
  url: z.string(),
  depth: z.number().int(),
  maxDocuments: z.number().int(),
});

const FolderSource = z.object({
  type: z.literal('folder'),
  directory: z.string(),
  path: z.string(),
  maxDocuments: z.number().int(),
});

const GitSource = z.object({
  type: z.literal('git'),
  url: z.string(),
  branch: z.string(),
  path: z.string(),
  maxDocuments: z.number().int(),
});

/** What a source reads. */
export const SourceConfigSchema = z.discriminatedUnion('type', [WebSource, FolderSource, GitSource]);

export type SourceConfig = z.infer<typeof SourceConfigSchema>;
export type WebSource = z.infer<typeof WebSource>;
export type FolderSource = z.infer<typeof FolderSource>;
export type GitSource = z.infer<typeof GitSource>;
export type NewSourceConfig = z.infer<typeof NewSourceConfigSchema>;

/**
 * - `waiting`: not read yet in this sync, or never;
 * - `stored`: it is a file of the base;
 * - `duplicate`: the base has the same bytes as another file;
 * - `skipped`: it is no document for this base, for good;
 * - `failed`: it could not be read, and is tried again with the next sync; a file that it had stays;
 * - `absent`: its place says that it is gone; its file is removed once that has been so for long enough.
 */
export const SourceDocumentStateSchema = z.enum(['waiting', 'stored', 'duplicate', 'skipped', 'failed', 'absent']);

export type SourceDocumentState = z.infer<typeof SourceDocumentStateSchema>;

/** A source of a base with its state. Times are epoch seconds. */
export const KnowledgeSourceSchema = z.object({
  id: z.uuid(),
  knowledgeId: z.uuid(),
  config: SourceConfigSchema,
  intervalS: z.number().int().nullable(),
  /** `idle`: waits for its next sync; `waiting`: is due; `running`: a worker reads it. */
  state: z.enum(['idle', 'waiting', 'running']),
  /** Why the last sync failed; null after one that succeeded. */
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** More documents were found than it may have. */
  truncated: z.boolean(),
  startedAt: z.number().int().nullable(),
  finishedAt: z.number().int().nullable(),
  succeededAt: z.number().int().nullable(),
  /** Null: only when somebody asks. */
  nextAt: z.number().int().nullable(),
  /** Its documents by state. */
  documents: z.record(SourceDocumentStateSchema, z.number().int()),
  createdAt: z.number().int(),
});

export type KnowledgeSource = z.infer<typeof KnowledgeSourceSchema>;

/** A document that a source has found. */
export const SourceDocumentSchema = z.object({
  /** Its address within the source: a URL, or a path. */
  address: z.string(),
  state: SourceDocumentStateSchema,
  /** Why it is in this state; null if there is nothing to say. */
  message: z.string().nullable(),
  fileId: z.uuid().nullable(),
  /** The state of its file's ingestion, and why that failed. */
  fileState: z.enum(['pending', 'processing', 'completed', 'failed']).nullable(),
  fileError: z.string().nullable(),
  /** Since when it is absent. */
  absentSince: z.number().int().nullable(),
  checkedAt: z.number().int().nullable(),
});

export type SourceDocument = z.infer<typeof SourceDocumentSchema>;
