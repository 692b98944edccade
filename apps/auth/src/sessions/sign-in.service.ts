import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { IssuedSession, sessions } from '@perennial/contracts-auth';
import { CallError, type CallParsedRequest } from '@perennial/contracts-kernel';
import type { User } from '@perennial/contracts-wire';
import { Runtime } from '@perennial/runtime';
import { UsersRepository } from '../accounts/users.repository';
import { AttemptLimiter } from '../limits/attempt-limiter';
import { KnownDevices } from '../limits/known-devices';
import { PasswordHasher } from '../passwords/password-hasher';
import { type SessionStamp, TokenIssuer } from './token-issuer';

interface CheckedPassword {
  userId: string | undefined;
  stamped: Awaited<ReturnType<UsersRepository['stampSession']>>;
}

/** Sign-in. */
@Injectable()
export class SignInService implements OnApplicationBootstrap {
  constructor(
    private readonly runtime: Runtime,
    private readonly users: UsersRepository,
    private readonly tokens: TokenIssuer,
    private readonly passwords: PasswordHasher,
    private readonly attempts: AttemptLimiter,
    private readonly devices: KnownDevices,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.passwords.warmUp();
  }

  /** @param repeated this call was delivered before; its attempt has been counted */
  async signIn(request: CallParsedRequest<typeof sessions.signIn>, repeated: boolean): Promise<IssuedSession> {
    const { email, password, address, addressShared } = request;
    const device = this.devices.recognise(request.device, email);
    const forgive = await this.attempts.signIn({ account: email, address, addressShared, device }, repeated);
    const { userId, stamped } = await this.check(email, password);
    const told = { user_id: userId, client_address: address, known_device: device !== undefined };
    if (!stamped) {
      this.runtime.security.record('sign_in', { ...told, outcome: 'failed' });
      throw new CallError('INVALID_ARGUMENT', 'The email or password provided is incorrect', {
        problem: 'wrong_credentials',
      });
    }
    await forgive();
    await this.attempts.signedIn({ account: email, address });
    this.runtime.security.record('sign_in', told);
    const stamp = { userId: stamped.user.id, jti: randomUUID(), issuedAt: stamped.issuedAt };
    return this.issue(stamped.user, stamp, request.device);
  }

  /** The account of an address, and the stamp of its new session if the password is right. */
  private async check(email: string, password: string, again = false): Promise<CheckedPassword> {
    const account = await this.users.credentials({ email });
    const matches = await this.passwords.verify(password, account?.passwordHash);
    if (!account || !matches) return { userId: account?.id, stamped: undefined };
    const { id, passwordHash } = account;
    const stamped = await this.users.stampSession(id, passwordHash);
    if (!this.passwords.isForeign(passwordHash)) return { userId: id, stamped };
    if (stamped) await this.upgrade(id, passwordHash, password);
    // Another sign-in has replaced the hash between our two statements.
    else if (!again) return this.check(email, password, true);
    return { userId: id, stamped };
  }

  /** Replaces a hash that another product made. If it cannot be done now, the next sign-in does it. */
  private async upgrade(id: string, passwordHash: string, password: string): Promise<void> {
    try {
      await this.users.upgradeHash(id, passwordHash, await this.passwords.hash(password));
    } catch (error) {
      this.runtime
        .logger('sign-in')
        .warn({ err: error, user_id: id }, 'an imported password could not be hashed again');
    }
  }

  /**
   * The reply for an account and the stamp of its new session.
   *
   * @param device the browser's earlier proofs
   */
  issue(user: User, stamp: SessionStamp, device: string | undefined): IssuedSession {
    return { user, ...this.tokens.issue(stamp), device: this.devices.remember(device, user.email, stamp.jti) };
  }
}
