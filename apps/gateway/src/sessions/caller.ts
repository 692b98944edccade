import type { SessionClaims } from '@perennial/contracts-auth';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import type { User } from '@perennial/contracts-wire';

/** The account that makes a request, after the guard. */
export interface Caller {
  readonly user: User;
  readonly claims: SessionClaims;
  readonly token: string;
  readonly principal: UserPrincipal;
}

export function principalOfUser(user: User, claims: SessionClaims): UserPrincipal {
  const { id: userId, role, placement } = user;
  return { kind: 'user', userId, role, sessionId: claims.jti, ...(placement == null ? {} : { placement }) };
}
