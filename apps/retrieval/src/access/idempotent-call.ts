import { type Principal, requireUser } from '@perennial/contracts-kernel';
import type { OnceKey } from '@perennial/persistence';

/** A call as a service method needs to know it; the transport's `CallContext` is one. */
export interface IdempotentCall {
  principal: Principal;
  /** The same in every delivery of the same call. */
  key: string;
}

/**
 * For `UnitOfWork.once`: a second delivery of a call that changes something is answered with the result of the first, also where it would find
 * nothing left to do.
 */
export function toOnceKey(pattern: string, { principal, key }: IdempotentCall, request: unknown): OnceKey {
  return { scope: `${pattern}:${requireUser(principal).userId}`, key, request };
}
