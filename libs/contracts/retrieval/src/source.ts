import { z } from 'zod';

/** What a search looks in: a single file, or a knowledge base (`collection`, as the wire calls it). */
export const SearchItemSchema = z.object({
  type: z.enum(['file', 'collection']),
  id: z.uuid(),
  /** The whole text instead of the best chunks. */
  full: z.boolean().default(false),
});

export type SearchItem = z.infer<typeof SearchItemSchema>;

/** Origin of a chunk, as in the wire's `metadata` of a source. */
export const ChunkMetadataSchema = z.looseObject({
  /**
   * Citations are numbered by this value, from 1 in the order of first appearance over all sources. The file's name, or its id if two files
   * of one answer have the same name.
   */
  source: z.string(),
  /** The file's name. */
  name: z.string(),
  file_id: z.uuid(),
  /** SHA-256 of the chunk's text. */
  hash: z.string().optional(),
  /** Offset of the chunk in the file's text, in UTF-16 units. */
  start_index: z.number().int().optional(),
  /** From 0, as on the wire; readers show one more. */
  page: z.number().int().optional(),
  /** From 1, as printed. */
  page_label: z.string().optional(),
  /** Of a recording: when the text begins, in seconds. */
  start_seconds: z.number().int().optional(),
  headings: z.array(z.string()).optional(),
  embedding_config: z.object({ engine: z.string(), model: z.string() }).optional(),
});

export type ChunkMetadata = z.infer<typeof ChunkMetadataSchema>;

/** A citation object of the wire: parallel lists, the best chunk first. One for each item with results. */
export const SourceSchema = z.object({
  source: z.looseObject({ type: z.enum(['file', 'collection']), id: z.uuid(), name: z.string() }),
  document: z.array(z.string()),
  metadata: z.array(ChunkMetadataSchema),
  /** (1 + cosine) / 2: 0 … 1, 1 is the same meaning; absent for whole texts. */
  distances: z.array(z.number()).optional(),
});

export type Source = z.infer<typeof SourceSchema>;

/** Why a part of a search was left out. */
export const DegradedSchema = z.object({
  reason: z.enum(['vector_store', 'embedder']),
  /** A sentence for people. */
  message: z.string(),
});
