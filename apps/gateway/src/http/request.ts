import { ANONYMOUS, type Principal } from '@perennial/contracts-kernel';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../sessions/caller';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access guard; on public routes only with a valid session. */
    caller?: Caller;
    /** The request's share of the replica's load; released when it is answered, or when it has become a stream. */
    slots?: (() => void)[];
    /** Called when the body has arrived, and when the reply is sent. */
    leaveBody?: () => void;
    leavePlace?: () => void;
    /** Of a request for an answer; called with the status of its reply. */
    leaveTurn?: (status: number) => void;
    /** The path below which a proxy serves us (`/chat`), if it sends one; undefined at the root of a host. */
    prefix?: string;
  }
}

/** Releases a request's load. Safe to call twice. */
export function releaseSlots({ slots }: FastifyRequest): void {
  for (const release of slots?.splice(0) ?? []) release();
}

/** The caller of a request that passed the guard. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw new Error(`no caller on ${request.method} ${request.url}`);
  return request.caller;
}

export function principalFrom(request: FastifyRequest): Principal {
  return request.caller?.principal ?? ANONYMOUS;
}
