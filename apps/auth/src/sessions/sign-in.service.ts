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

  async signIn(request: CallParsedRequest<typeof sessions.signIn>): Promise<IssuedSession> {
    const { email, password, address, addressShared } = request;
    const device = this.devices.recognise(request.device, email);
    const forgive = await this.attempts.signIn({ account: email, address, addressShared, device });
    const account = await this.users.credentials({ email });
    const matches = await this.passwords.verify(password, account?.passwordHash);
    const stamped = account && matches ? await this.users.stampSession(account.id, account.passwordHash) : undefined;
    const told = { user_id: account?.id, client_address: address, known_device: device !== undefined };
    if (!stamped) {
      this.runtime.security.record('sign_in', { ...told, outcome: 'failed' });
      throw new CallError('INVALID_ARGUMENT', 'The email or password provided is incorrect');
    }
    await forgive();
    await this.attempts.signedIn({ account: email, address });
    this.runtime.security.record('sign_in', told);
    const stamp = { userId: stamped.user.id, jti: randomUUID(), issuedAt: stamped.issuedAt };
    return this.issue(stamped.user, stamp, request.device);
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
