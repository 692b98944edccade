import type { Revocation, SessionClaims } from '@perennial/contracts-auth';

/** The revocations that still matter, in memory: looked up on every request without a call. */
export class Revocations {
  private readonly sessions = new Set<string>();
  /** By user: tokens issued before this moment (epoch milliseconds) are over. */
  private readonly users = new Map<string, number>();

  add(revocation: Revocation): void {
    if (revocation.kind === 'session') {
      this.sessions.add(revocation.subject);
      return;
    }
    this.users.set(revocation.userId, Math.max(this.users.get(revocation.userId) ?? 0, revocation.notBefore));
  }

  covers(claims: SessionClaims): boolean {
    if (this.sessions.has(claims.jti)) return true;
    const notBefore = this.users.get(claims.id);
    return notBefore !== undefined && claims.iat * 1_000 < notBefore;
  }
}
