import { ANONYMOUS, type Principal } from '@perennial/contracts-kernel';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../sessions/caller';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access guard; on public routes only when a valid session came along. */
    caller?: Caller;
    /** What this request takes of the replica's load; given back when it is answered, or when it has become a stream. */
    slots?: (() => void)[];
    /** Given back when the body has arrived, and when the answer goes out. */
    leaveBody?: () => void;
    leavePlace?: () => void;
    /** The path below which a proxy in front serves us (`/chat`), where it says so; undefined at the root of a host. */
    prefix?: string;
  }
}

/** Gives back what a request takes of the load. Safe to call twice. */
export function releaseSlots({ slots }: FastifyRequest): void {
  for (const release of slots?.splice(0) ?? []) release();
}

/** The caller of a request that the guard let in. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw new Error(`no caller on ${request.method} ${request.url}`);
  return request.caller;
}

export function principalFrom(request: FastifyRequest): Principal {
  return request.caller?.principal ?? ANONYMOUS;
}
