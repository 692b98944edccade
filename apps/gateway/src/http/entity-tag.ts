import type { FastifyRequest } from 'fastify';

/** Longest tag that is read; ours are shorter. */
const MAX_CHARS = 60;
const MAX_TAGS = 10;

/** An `ETag`. Weak, because a proxy may compress the reply. */
export const entityTag = (version: string): string => `W/"${version}"`;

/** The versions in `If-None-Match`, in their order; other tags are ignored. */
export function tagsOf({ headers }: Pick<FastifyRequest, 'headers'>): string[] {
  const given = headers['if-none-match'] ?? '';
  return [...given.slice(0, MAX_TAGS * MAX_CHARS).matchAll(/"([\w.-]+)"/g)]
    .map(([, tag = '']) => tag)
    .filter((tag) => tag.length <= MAX_CHARS)
    .slice(0, MAX_TAGS);
}

/** Whether a list of entity tags (`If-None-Match`) names this one; the comparison is the weak one. */
export function namesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag);
}
