import type { FastifyRequest } from 'fastify';
import type { Origins } from './origins';
import { Problem } from './problem';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses a change that a foreign page makes in a person's name. A request that names its token in a header is safe (a page cannot do
 * that for another origin); one that is authenticated by the cookie, or that would set it, must come from our own origin.
 */
export function refuseForgery(
  request: FastifyRequest,
  origins: Origins,
  authenticatedBy: 'header' | 'cookie' | 'none',
): void {
  if (SAFE.has(request.method) || authenticatedBy === 'header') return;
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const sameSite = site === 'same-origin' || site === 'none';
  if (origin !== undefined ? origins.admits(origin, request.host) || (origin === 'null' && sameSite) : sameSite) return;
  if (origin === undefined && site === undefined && authenticatedBy === 'none') return;
  throw new Problem(
    403,
    'The request came from another site. Open the page itself, or send the token in the header "Authorization: Bearer …".',
  );
}
