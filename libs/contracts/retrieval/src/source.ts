import { z } from 'zod';

/** Something that a search looks in: a file on its own, or a knowledge base (`collection`, as the wire calls it). */
export const SearchItemSchema = z.object({
  type: z.enum(['file', 'collection']),
  id: z.uuid(),
  /** The whole text instead of the best chunks. */
  full: z.boolean().default(false),
});

export type SearchItem = z.infer<typeof SearchItemSchema>;

/** Where a chunk comes from, as the wire has it in a source's `metadata`. */
export const ChunkMetadataSchema = z.looseObject({
  /**
   * What citations are numbered by: the first place in which a value appears among all sources is its number, from 1. The file's name,
   * or its id where two files of one answer have the same name.
   */
  source: z.string(),
  /** The file's name. */
  name: z.string(),
  file_id: z.uuid(),
  /** SHA-256 of the chunk's text. */
  hash: z.string().optional(),
  /** Offset of the chunk in the file's text, in UTF-16 units. */
  start_index: z.number().int().optional(),
  /** From 0, as the wire has it: the page that a reader shows is one more. */
  page: z.number().int().optional(),
  /** From 1, as printed. */
  page_label: z.string().optional(),
  headings: z.array(z.string()).optional(),
  embedding_config: z.object({ engine: z.string(), model: z.string() }).optional(),
});

export type ChunkMetadata = z.infer<typeof ChunkMetadataSchema>;

/** A citation object of the wire: parallel lists, the best chunk first. One for each item that had something to say. */
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
