import { CallError, type Principal, requireUser } from '@perennial/contracts-kernel';

/** What access is decided by: whose a file or a base is. */
export interface Resource {
  userId: string;
}

/** Whether the principal may see the file or base, search in it and read its text: its owner, and administrators. */
export function canRead(principal: Principal, resource: Resource): boolean {
  if (principal.kind !== 'user' || principal.role === 'pending') return false;
  return principal.role === 'admin' || principal.userId === resource.userId;
}

/** Whether the principal may change or delete it: whoever may read it, today. */
export function canWrite(principal: Principal, resource: Resource): boolean {
  return canRead(principal, resource);
}

/**
 * The resource, if it is there and may be read. For a stranger it is not there: `NOT_FOUND`, so that nobody learns which ids exist.
 * @param what names it in the error, for example `file`
 */
export function readable<R extends Resource>(principal: Principal, resource: R | undefined, what: string): R {
  requireUser(principal);
  if (resource !== undefined && canRead(principal, resource)) return resource;
  throw new CallError('NOT_FOUND', `There is no such ${what}.`);
}

/** The same for changing it. */
export function writable<R extends Resource>(principal: Principal, resource: R | undefined, what: string): R {
  requireUser(principal);
  if (resource !== undefined && canWrite(principal, resource)) return resource;
  throw new CallError('NOT_FOUND', `There is no such ${what}.`);
}
