import { CallError } from './errors';
import type { Principal, UserPrincipal } from './principal';

/**
 * Any signed-in account, also one that still waits for an admin. Otherwise `UNAUTHENTICATED`; a service is not an account.
 */
export function requireSignedIn(principal: Principal): UserPrincipal {
  if (principal.kind !== 'user') throw new CallError('UNAUTHENTICATED', 'Sign in first');
  return principal;
}

/** An account that may use the product. `PERMISSION_DENIED` while it is pending. */
export function requireUser(principal: Principal): UserPrincipal {
  const user = requireSignedIn(principal);
  if (user.role === 'pending')
    throw new CallError('PERMISSION_DENIED', 'This account waits for an administrator to activate it', {
      problem: 'account_pending',
    });
  return user;
}

export function requireAdmin(principal: Principal): UserPrincipal {
  const user = requireUser(principal);
  if (user.role !== 'admin')
    throw new CallError('PERMISSION_DENIED', 'Only an administrator may do this', { problem: 'admin_only' });
  return user;
}
