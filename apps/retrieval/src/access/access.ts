import { CallError, type Principal, requireUser } from '@perennial/contracts-kernel';

/** The owner of a file or base, which decides access. */
export interface Resource {
  userId: string;
}

/** Whether the principal may see the file or base, search in it and read its text: its owner, and administrators. */
export function canRead(principal: Principal, resource: Resource): boolean {
  if (principal.kind !== 'user' || principal.role === 'pending') return false;
  return principal.role === 'admin' || principal.userId === resource.userId;
}

/** Whether the principal may change or delete it: at present everyone who may read it. */
export function canWrite(principal: Principal, resource: Resource): boolean {
  return canRead(principal, resource);
}

/**
 * The resource, if it exists and may be read. Otherwise `NOT_FOUND`, so that a caller cannot learn which ids exist.
 *
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
