import { defineCall } from '@perennial/contracts-kernel';
import { DirectoryNameSchema, KnowledgeDirectorySchema } from '@perennial/contracts-wire';
import { z } from 'zod';

/**
 * Makes a directory; null: at the top level. `INVALID_ARGUMENT` when one with this name is there already or it would be too deep,
 * `RESOURCE_EXHAUSTED` beyond the directories of a base, `NOT_FOUND` for a missing parent, or another user's base.
 */
export const create = defineCall({
  pattern: 'retrieval.directories.create',
  effect: 'keyed',
  request: z.object({
    knowledgeId: z.uuid(),
    name: DirectoryNameSchema,
    parentId: z.uuid().nullable().default(null),
  }),
  reply: KnowledgeDirectorySchema,
});

/** Renames it, moves it with all that it holds, or both. `parentId` null: to the top level; missing: it stays. Errors as of `create`. */
export const update = defineCall({
  pattern: 'retrieval.directories.update',
  effect: 'keyed',
  request: z.object({
    knowledgeId: z.uuid(),
    directoryId: z.uuid(),
    name: DirectoryNameSchema.optional(),
    parentId: z.uuid().nullable().optional(),
  }),
  reply: KnowledgeDirectorySchema,
});

/**
 * Removes a directory and those in it. `moveFiles`: all their files move to its parent; otherwise they leave the base, and are deleted if they
 * are in no other one. `files`: how many.
 */
export const remove = defineCall({
  pattern: 'retrieval.directories.remove',
  effect: 'keyed',
  request: z.object({ knowledgeId: z.uuid(), directoryId: z.uuid(), moveFiles: z.boolean().default(true) }),
  reply: z.object({ removed: z.boolean(), files: z.number().int() }),
  deadlineMs: 30_000,
});
