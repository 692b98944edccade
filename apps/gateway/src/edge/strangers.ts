import type { FastifyRequest } from 'fastify';
import type { Sessions } from '../sessions/sessions';
import { Problem } from './problem';
import { credentialsOf } from './token';

/** The largest body of somebody who is not signed in, in bytes: a sign-up with a picture. */
const STRANGER_BODY_BYTES = 2_097_152;

/** Bodies are parsed before anybody asks who sent them; whoever is nobody's caller must not make us parse large ones. */
export function refuseLargeOfStrangers(request: FastifyRequest, sessions: Sessions): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const unknown = encoding !== undefined;
  if (!unknown && Number(length ?? 0) <= STRANGER_BODY_BYTES) return;
  if (credentialsOf(request).tokens.some((token) => sessions.isOurs(token))) return;
  throw unknown
    ? new Problem(411, 'Say how long the body is (header Content-Length), or sign in first.')
    : new Problem(413, 'The request is too large for somebody who is not signed in. Sign in first.');
}
