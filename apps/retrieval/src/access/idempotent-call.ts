import { type Principal, requireUser } from '@perennial/contracts-kernel';
import type { OnceKey } from '@perennial/persistence';

/** The part of a call that a service method needs; the transport's `CallContext` is one. */
export interface IdempotentCall {
  principal: Principal;
  /** The same in every delivery of the same call. */
  key: string;
}

/**
 * For `UnitOfWork.once`: a second delivery of a call that changes something gets the first result, even if nothing is left to do.
 */
export function toOnceKey(pattern: string, { principal, key }: IdempotentCall, request: unknown): OnceKey {
  return { scope: `${pattern}:${requireUser(principal).userId}`, key, request };
}
