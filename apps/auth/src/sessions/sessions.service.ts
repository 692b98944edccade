import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import {
  type IssuedSession,
  type REVOCATIONS_SINCE,
  type SessionClaims,
  type SIGN_IN,
  type SIGN_OUT,
  type User,
} from '@perennial/contracts-auth';
import { CallError, type CallParsedRequest, type CallReply } from '@perennial/contracts-kernel';
import { UnitOfWork, type Tx } from '@perennial/persistence';
import { AUTH_ENV, type AuthEnv } from '../env';
import { AttemptLimiter } from '../limits/attempt-limiter';
import { KnownDevices } from '../limits/known-devices';
import { PasswordHasher } from '../passwords/password-hasher';
import { UsersRepository } from '../users/users.repository';
import { parseLifetime } from './lifetime';
import { RevocationNumbering } from './revocation-numbering';
import { RevocationsRepository } from './revocations.repository';
import { SessionsRepository } from './sessions.repository';
import { TokenIssuer, type SessionStamp } from './token-issuer';

/** How sessions begin and end. A session is a token; there is no row for it, only for its end. */
@Injectable()
export class SessionsService implements OnApplicationBootstrap {
  /** Seconds. */
  private readonly idleTimeout: number;

  constructor(
    private readonly users: UsersRepository,
    private readonly repository: SessionsRepository,
    private readonly revocations: RevocationsRepository,
    private readonly tokens: TokenIssuer,
    private readonly passwords: PasswordHasher,
    private readonly attempts: AttemptLimiter,
    private readonly devices: KnownDevices,
    private readonly unitOfWork: UnitOfWork,
    private readonly numbering: RevocationNumbering,
    @Inject(AUTH_ENV) env: AuthEnv,
  ) {
    this.idleTimeout = parseLifetime(env.SESSION_IDLE_TIMEOUT) ?? Infinity;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.passwords.warmUp();
  }

  async signIn(request: CallParsedRequest<typeof SIGN_IN>): Promise<IssuedSession> {
    const { email, password, address, addressShared } = request;
    const device = this.devices.recognise(request.device, email);
    const forgive = await this.attempts.signIn({ account: email, address, addressShared, device });
    const account = await this.users.credentials({ email });
    const matches = await this.passwords.verify(password, account?.passwordHash);
    const stamped = account && matches ? await this.users.stampSession(account.id, account.passwordHash) : undefined;
    if (!stamped) throw new CallError('INVALID_ARGUMENT', 'The email or password provided is incorrect');
    await forgive();
    await this.attempts.signedIn(email);
    const stamp = { userId: stamped.user.id, jti: randomUUID(), issuedAt: stamped.issuedAt };
    return this.issue(stamped.user, stamp, request.device);
  }

  /** The reply for an account and the stamp of its new session. @param device what the browser had before */
  issue(user: User, stamp: SessionStamp, device: string | undefined): IssuedSession {
    return { user, ...this.tokens.issue(stamp), device: this.devices.remember(device, user.email, stamp.jti) };
  }

  async signOut(request: CallParsedRequest<typeof SIGN_OUT>, key: string): Promise<void> {
    await this.unitOfWork.once({ scope: `auth.sessions.signOut:${request.userId}`, key, request }, async (tx) => {
      const { jti: subject, userId, expiresAt } = request;
      await this.revocations.add(tx, { kind: 'session', subject, userId, notBefore: 0, expiresAt });
      tx.afterCommit(() => this.numbering.run());
    });
  }

  /** Ends all tokens of an account: the account's own mark holds for ever, the feed tells the gateways. */
  async endAll(tx: Tx, userId: string): Promise<void> {
    const notBefore = await this.users.endTokens(tx, userId);
    await this.tellEnd(tx, userId, notBefore);
  }

  /** Puts the end of all tokens issued before `notBefore` (epoch milliseconds) into the feed; on its own for an account that is deleted. */
  async tellEnd(tx: Tx, userId: string, notBefore: number): Promise<void> {
    const { lifetime } = this.tokens;
    const expiresAt = lifetime === null ? null : Math.ceil(notBefore / 1000) + lifetime;
    await this.revocations.add(tx, { kind: 'user', subject: userId, userId, notBefore, expiresAt });
    tx.afterCommit(() => this.numbering.run());
  }

  async resolve(claims: SessionClaims): Promise<User> {
    const found = await this.repository.resolve(claims);
    const idle = found !== undefined && found.idleSeconds > this.idleTimeout;
    // As if it had been signed out, so that every gateway ends what it still holds of it.
    if (idle) await this.revoke(claims);
    if (!found || idle) throw new CallError('UNAUTHENTICATED', 'This session has ended, sign in again');
    if (found.unseen) await this.repository.seen(claims);
    return found.user;
  }

  /** Numbers first what a replica left behind that died between its commit and the numbering. */
  async since(cursor: number): Promise<CallReply<typeof REVOCATIONS_SINCE>> {
    const page = await this.revocations.since(cursor);
    if (!page.unnumbered) return page;
    await this.numbering.run();
    return this.revocations.since(cursor);
  }

  private async revoke({ id: userId, jti: subject, exp }: SessionClaims): Promise<void> {
    const expiresAt = exp ?? null;
    await this.unitOfWork.run((tx) =>
      this.revocations.add(tx, { kind: 'session', subject, userId, notBefore: 0, expiresAt }),
    );
    await this.numbering.run();
  }
}
