import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem';
import type { Origins } from './origins';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses a cross-site request that changes something. A token in a header is safe (a page cannot send it to another origin); a request that
 * is authenticated by the cookie, or that would set it, must come from our own origin.
 */
export function refuseForgery(
  request: FastifyRequest,
  origins: Origins,
  authenticatedBy: 'header' | 'cookie' | 'none',
): void {
  if (SAFE.has(request.method) || authenticatedBy === 'header') return;
  if (isOfOwnPage(request, origins)) return;
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin === undefined && site === undefined && authenticatedBy === 'none') return;
  throw new Problem(
    403,
    'The request came from another site. Open the page itself, or send the token in the header "Authorization: Bearer …".',
  );
}

/**
 * Whether a request that only reads may use its cookies: not from a cross-site page, which could read the user's data.
 */
export function mayReadByCookie(request: FastifyRequest, origins: Origins): boolean {
  return request.headers.origin === undefined || isOfOwnPage(request, origins);
}

function isOfOwnPage({ headers, protocol, host }: FastifyRequest, origins: Origins): boolean {
  return origins.trusts(headers.origin, headers['sec-fetch-site'], { scheme: protocol, host });
}
