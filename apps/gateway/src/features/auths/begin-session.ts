import type { IssuedSession } from '@perennial/contracts-auth';
import type { SessionUser } from '@perennial/contracts-wire';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { setDeviceCookie } from '../../http/attempt-origin';
import { setSessionCookie } from '../../http/token';
import { sessionUserOf } from './session-user';

/** Sets the cookies of a new session and returns the reply. */
export function beginSession(issued: IssuedSession, request: FastifyRequest, reply: FastifyReply): SessionUser {
  const { user, token, expiresAt, device } = issued;
  setSessionCookie(request, reply, token, expiresAt);
  if (device !== undefined) setDeviceCookie(request, reply, device);
  return sessionUserOf(user, token, expiresAt);
}
