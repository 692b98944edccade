import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Names of the session cookie, in order of preference: a browser accepts a `__Host-` cookie only over TLS and from this host, so that no
 * other host of the domain can replace it; below a path of a shared host it has to be `__Secure-`. The plain name is for connections without
 * TLS; with TLS it is also set and read for replicas of the previous version.
 */
const HOST_COOKIE = '__Host-token';
const PATH_COOKIE = '__Secure-token';
const PLAIN_COOKIE = 'token';

/** Credentials of a request; a header wins over cookies. The first valid token counts. */
export interface Credentials {
  readonly from: 'header' | 'cookie' | 'none';
  readonly tokens: readonly string[];
}

/** The session tokens of a request and their source, not verified. */
export function parseCredentials({ headers }: { headers: IncomingHttpHeaders }): Credentials {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const [scheme, token] = authorization.split(' ', 2);
    if (scheme?.toLowerCase() === 'bearer' && token) return { from: 'header', tokens: [token] };
  }
  const tokens = sessionCookies(headers.cookie);
  return { from: tokens.length > 0 ? 'cookie' : 'none', tokens };
}

/**
 * The session tokens in a `Cookie` header, not decoded: tokens need no encoding, and decoding hostile input may throw.
 */
export function sessionCookies(header: string | undefined): string[] {
  if (header === undefined) return [];
  const values = new Map<string, string>();
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0)).trim();
    // Of two cookies with one name the browser sends the one with the longer path first.
    if (equals !== -1 && !values.has(name)) values.set(name, pair.slice(equals + 1).trim());
  }
  return [HOST_COOKIE, PATH_COOKIE, PLAIN_COOKIE].flatMap((name) => values.get(name) || []);
}

/** @param expiresAt epoch seconds; null keeps the cookie for as long as the browser may (400 days) */
export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
  expiresAt: number | null,
): void {
  const until = expiresAt ?? Math.floor(Date.now() / 1_000) + 400 * 86_400;
  for (const name of cookieNames(request))
    void reply.setCookie(name, token, { ...cookieAttributes(request), expires: new Date(until * 1_000) });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  for (const name of cookieNames(request)) void reply.clearCookie(name, cookieAttributes(request));
}

function cookieNames({ protocol, prefix }: FastifyRequest): string[] {
  if (protocol !== 'https') return [PLAIN_COOKIE];
  return [prefix === undefined ? HOST_COOKIE : PATH_COOKIE, PLAIN_COOKIE];
}

/** Common attributes of our cookies. */
export function cookieAttributes({ protocol, prefix = '/' }: FastifyRequest) {
  return { path: prefix, httpOnly: true, sameSite: 'lax', secure: protocol === 'https' } as const;
}
