import { z } from 'zod';

/**
 * Sources of an answer: parallel lists, the best first. `source` is the attached file or base. Numbers in the answer (`[1]`) count the
 * different values of `metadata[].source` (else `source.id`) over all sources, in order. `metadata[].page` counts from 0, `metadata[].start_seconds` (ours) is
 * when a passage of a recording begins; `distances`: 0 to
 * 1, 1 is the same meaning, absent for whole texts.
 */
export const SourceSchema = z.looseObject({
  source: z.looseObject({
    type: z.string().optional(),
    id: z.string().optional(),
    name: z.string().optional(),
    url: z.string().optional(),
  }),
  document: z.array(z.string()),
  metadata: z.array(
    z.looseObject({
      source: z.string().optional(),
      name: z.string().optional(),
      file_id: z.string().optional(),
      page: z.number().int().optional(),
      start_index: z.number().int().optional(),
      start_seconds: z.number().int().optional(),
      headings: z.array(z.string()).optional(),
    }),
  ),
  distances: z.array(z.number()).optional(),
});

export type Source = z.infer<typeof SourceSchema>;

/**
 * A step before the answer begins, kept in its `statusHistory`, except `queued` (ours): the answer waits for a worker, `position` others are begun
 * before it. `queries_generated`: the search queries; `sources_retrieved`: how many
 * documents were found; `documents_unavailable` (ours): the documents could not be searched, `description` says why, and the answer is given
 * without them.
 */
export const MessageStatusSchema = z.looseObject({
  action: z.string(),
  description: z.string().optional(),
  queries: z.array(z.string()).optional(),
  count: z.number().int().optional(),
  position: z.number().int().optional(),
  done: z.boolean(),
});

export type MessageStatus = z.infer<typeof MessageStatusSchema>;

/**
 * An attachment of a message, a chat or a request. `context: "full"` requests the whole text. Other types are stored and ignored.
 */
export const AttachmentSchema = z.looseObject({
  type: z.string().nullish(),
  id: z.string().nullish(),
  name: z.string().nullish(),
  context: z.string().nullish(),
});

export type Attachment = z.infer<typeof AttachmentSchema>;
