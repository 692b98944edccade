import type { FastifyReply, FastifyRequest } from 'fastify';

/** Name of the session cookie. Scripts cannot read it. */
export const SESSION_COOKIE = 'token';

/** The session token of a request and how it came; the header wins. */
export function tokenOf(request: FastifyRequest): { token: string | undefined; from: 'header' | 'cookie' | 'none' } {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [scheme, token] = authorization.split(' ', 2);
    if (scheme?.toLowerCase() === 'bearer' && token) return { token, from: 'header' };
  }
  const cookie = request.cookies[SESSION_COOKIE];
  return cookie ? { token: cookie, from: 'cookie' } : { token: undefined, from: 'none' };
}

/** @param expiresAt epoch seconds; null keeps the cookie for as long as the browser may (400 days) */
export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
  expiresAt: number | null,
): void {
  const until = expiresAt ?? Math.floor(Date.now() / 1_000) + 400 * 86_400;
  void reply.setCookie(SESSION_COOKIE, token, { ...attributes(request), expires: new Date(until * 1_000) });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  void reply.clearCookie(SESSION_COOKIE, attributes(request));
}

function attributes(request: FastifyRequest) {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: request.protocol === 'https' } as const;
}
