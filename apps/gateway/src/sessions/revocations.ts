import type { Revocation, SessionClaims } from '@perennial/contracts-auth';

/** The revocations that still matter, in memory: looked up on every request without a call. */
export class Revocations {
  /** By token id: epoch seconds after which the token has expired anyway. */
  private readonly sessions = new Map<string, number>();
  /** By user: tokens issued before `notBefore` (epoch milliseconds) are revoked. */
  private readonly users = new Map<string, { notBefore: number; expiresAt: number }>();

  get size(): number {
    return this.sessions.size + this.users.size;
  }

  add({ kind, subject, userId, notBefore, expiresAt }: Revocation): void {
    const until = expiresAt ?? Infinity;
    if (kind === 'session') {
      this.sessions.set(subject, until);
      return;
    }
    const known = this.users.get(userId);
    if (known === undefined || known.notBefore <= notBefore) this.users.set(userId, { notBefore, expiresAt: until });
  }

  covers(claims: SessionClaims): boolean {
    if (this.sessions.has(claims.jti)) return true;
    const user = this.users.get(claims.id);
    return user !== undefined && claims.iat * 1_000 < user.notBefore;
  }

  /** Drops revocations whose tokens have all expired, so that memory does not grow for months. */
  forgetExpired(now: number = Date.now()): void {
    const seconds = now / 1_000;
    for (const [jti, expiresAt] of this.sessions) if (expiresAt < seconds) this.sessions.delete(jti);
    for (const [userId, { expiresAt }] of this.users) if (expiresAt < seconds) this.users.delete(userId);
  }
}
