import { KnowledgeSourceSchema, SourceDocumentSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

const base = z.object({ id: z.string().min(1).max(200) });
const source = base.extend({ sourceId: z.string().min(1).max(200) });

/** Seconds between two syncs, from a quarter of an hour to a month; null: only when somebody asks. */
const interval = z.number().int().min(900).max(2_678_400).nullable().default(86_400);

/** The sources of a base. Ours, as all routes below `sources`; for those who may change the base. */
export const list = route({
  method: 'GET',
  path: '/api/v1/knowledge/:id/sources',
  access: 'user',
  params: base,
  reply: z.object({ items: z.array(KnowledgeSourceSchema) }),
});

const limits = { max_documents: z.number().int().min(1).max(100_000).default(1_000), interval };

/**
 * Adds a source, and begins to read it. `web`: the page at `url`, with `site` those below it that it leads to, or those that the `sitemap` at
 * `url` lists. `folder`, for administrators: the files below `path` of a directory that the operator has named.
 */
export const create = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/sources',
  access: 'user',
  params: base,
  body: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('web').default('web'),
      mode: z.enum(['page', 'site', 'sitemap']).default('page'),
      url: z.string().trim().min(1, 'must not be empty').max(2_000),
      /** Links between the first page and the last; for `site`. */
      depth: z.number().int().min(1).max(10).default(3),
      ...limits,
    }),
    z.object({
      type: z.literal('folder'),
      directory: z.string().min(1, 'must not be empty').max(100),
      path: z.string().max(2_000).default(''),
      ...limits,
    }),
    z.object({
      type: z.literal('git'),
      /** Of the repository, as for `git clone`. */
      url: z.string().trim().min(1, 'must not be empty').max(2_000),
      /** Empty: the one that the server names. */
      branch: z.string().trim().max(250).default(''),
      /** A folder in it. */
      path: z.string().max(2_000).default(''),
      /** For a private repository; it is kept encrypted, and never given out. */
      token: z.string().trim().max(10_000).default(''),
      ...limits,
    }),
  ]),
  reply: KnowledgeSourceSchema,
});

export const get = route({
  method: 'GET',
  path: '/api/v1/knowledge/:id/sources/:sourceId',
  access: 'user',
  params: source,
  reply: KnowledgeSourceSchema,
});

/** Changes when it is synced. */
export const update = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/sources/:sourceId/update',
  access: 'user',
  params: source,
  body: z.object({ interval }),
  reply: KnowledgeSourceSchema,
});

/** Syncs it as soon as possible. */
export const sync = route({
  method: 'POST',
  path: '/api/v1/knowledge/:id/sources/:sourceId/sync',
  access: 'user',
  params: source,
  reply: KnowledgeSourceSchema,
});

/** Removes it, and with `delete_files` (the default) its files that are in no other base. */
export const remove = route({
  method: 'DELETE',
  path: '/api/v1/knowledge/:id/sources/:sourceId',
  access: 'user',
  params: source,
  query: z.object({ delete_files: z.stringbool().catch(true).default(true) }),
  reply: z.object({ status: z.boolean(), files: z.number().int() }),
});

/** What it has found, in the order of the addresses; `after` is the last address of the page before. */
export const documents = route({
  method: 'GET',
  path: '/api/v1/knowledge/:id/sources/:sourceId/documents',
  access: 'user',
  params: source,
  query: z.object({
    status: z.enum(['waiting', 'stored', 'duplicate', 'skipped', 'failed', 'absent']).optional(),
    after: z.string().max(2_000).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  reply: z.object({ items: z.array(SourceDocumentSchema) }),
});
