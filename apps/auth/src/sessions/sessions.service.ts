import { Inject, Injectable } from '@nestjs/common';
import { type revocations, type SessionClaims, type sessions } from '@perennial/contracts-auth';
import { CallError, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import type { User } from '@perennial/contracts-wire';
import { type Tx, UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { UsersRepository } from '../accounts/users.repository';
import { AUTH_ENV, type AuthEnv } from '../env';
import { parseLifetime } from './lifetime';
import { RevocationNumbering } from './revocation-numbering';
import { RevocationsRepository } from './revocations.repository';
import { SessionsRepository } from './sessions.repository';
import { TokenIssuer } from './token-issuer';

/** Seconds without a request after which a session ends whose token never expires: what is kept about it has to end at some time. */
const LONGEST_IDLE_SECONDS = 365 * 86_400;
/** Seconds for which a revocation outlives its tokens: clocks of machines differ. */
const REVOCATION_MARGIN_SECONDS = 86_400;

/** Resolution and end of sessions. A session is a token; there is no row for it, only for its end. */
@Injectable()
export class SessionsService {
  /** Seconds. */
  private readonly idleTimeout: number;
  /** The same for tokens without an expiry. */
  private readonly unexpiringTimeout: number;

  constructor(
    private readonly runtime: Runtime,
    private readonly users: UsersRepository,
    private readonly repository: SessionsRepository,
    private readonly revocations: RevocationsRepository,
    private readonly tokens: TokenIssuer,
    private readonly unitOfWork: UnitOfWork,
    private readonly numbering: RevocationNumbering,
    @Inject(AUTH_ENV) env: AuthEnv,
  ) {
    this.idleTimeout = parseLifetime(env.SESSION_IDLE_TIMEOUT) ?? Infinity;
    this.unexpiringTimeout = Math.min(this.idleTimeout, LONGEST_IDLE_SECONDS);
  }

  async signOut(request: CallParsedRequest<typeof sessions.signOut>, key: string): Promise<void> {
    await this.unitOfWork.once({ scope: `auth.sessions.signOut:${request.userId}`, key, request }, async (tx) => {
      const { jti: subject, userId } = request;
      const expiresAt = this.revokedUntil(request.expiresAt);
      await this.revocations.add(tx, { kind: 'session', subject, userId, notBefore: 0, expiresAt });
      tx.afterCommit(() => this.numbering.run());
      tx.afterCommit(() => this.runtime.security.record('sign_out', { user_id: userId }));
    });
  }

  /** Ends all tokens of an account: the account's own mark is permanent, the feed notifies the gateways. */
  async endAll(tx: Tx, userId: string): Promise<void> {
    const notBefore = await this.users.endTokens(tx, userId);
    await this.tellEnd(tx, userId, notBefore);
  }

  /**
   * Puts the end of all tokens issued before `notBefore` (epoch milliseconds) into the feed; alone for an account that is deleted.
   */
  async tellEnd(tx: Tx, userId: string, notBefore: number): Promise<void> {
    const { lifetime } = this.tokens;
    const expiresAt = this.revokedUntil(lifetime === null ? null : Math.ceil(notBefore / 1000) + lifetime);
    await this.revocations.add(tx, { kind: 'user', subject: userId, userId, notBefore, expiresAt });
    tx.afterCommit(() => this.numbering.run());
  }

  async resolve(claims: SessionClaims): Promise<User> {
    const found = await this.repository.resolve(claims);
    const timeout = claims.exp === undefined ? this.unexpiringTimeout : this.idleTimeout;
    const idle = found !== undefined && found.idleSeconds > timeout;
    // Like a sign-out, so that every gateway ends its connections.
    if (idle) await this.revoke(claims);
    if (!found || idle) throw new CallError('UNAUTHENTICATED', 'This session has ended, sign in again');
    if (found.unseen) await this.repository.seen(claims, this.unexpiringTimeout);
    return found.user;
  }

  /** First numbers the revocations of a replica that died between its commit and the numbering. */
  async since(cursor: number): Promise<CallReply<typeof revocations.since>> {
    const page = await this.revocations.since(cursor);
    if (!page.unnumbered) return page;
    await this.numbering.run();
    return this.revocations.since(cursor);
  }

  /** Deletes what is kept about tokens that have expired, or have not been used for so long that they are not accepted any more. */
  async prune(): Promise<void> {
    await this.revocations.prune(this.unexpiringTimeout + REVOCATION_MARGIN_SECONDS);
    await this.repository.prune(this.unexpiringTimeout);
  }

  /** How long a revocation matters, epoch seconds: a token without an expiry is idle from its revocation on. */
  private revokedUntil(expiresAt: number | null): number {
    return expiresAt ?? Math.ceil(Date.now() / 1_000) + this.unexpiringTimeout + REVOCATION_MARGIN_SECONDS;
  }

  private async revoke({ id: userId, jti: subject, exp }: SessionClaims): Promise<void> {
    const expiresAt = this.revokedUntil(exp ?? null);
    await this.unitOfWork.run((tx) =>
      this.revocations.add(tx, { kind: 'session', subject, userId, notBefore: 0, expiresAt }),
    );
    await this.numbering.run();
    this.runtime.security.record('session_idle', { user_id: userId });
  }
}
