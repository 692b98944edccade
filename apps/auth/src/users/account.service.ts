import { Inject, Injectable } from '@nestjs/common';
import type { users } from '@perennial/contracts-auth';
import { assertStorage, CallError, type CallParsedRequest, type UserPrincipal } from '@perennial/contracts-kernel';
import type { User } from '@perennial/contracts-wire';
import { UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { UsersRepository } from '../accounts/users.repository';
import { AUTH_ENV, type AuthEnv } from '../env';
import { AttemptLimiter } from '../limits/attempt-limiter';
import { PasswordHasher } from '../passwords/password-hasher';
import { PasswordPolicy } from '../passwords/password-policy';
import { SessionsService } from '../sessions/sessions.service';
import { DirectoryRepository } from './directory.repository';

const SETTINGS = { name: 'settings', advice: 'Remove large values, such as pictures, and save again.' };

/** Changes that users make to their own account. */
@Injectable()
export class AccountService {
  constructor(
    private readonly runtime: Runtime,
    private readonly users: UsersRepository,
    private readonly directory: DirectoryRepository,
    private readonly sessions: SessionsService,
    private readonly passwords: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly attempts: AttemptLimiter,
    private readonly unitOfWork: UnitOfWork,
    @Inject(AUTH_ENV) private readonly env: AuthEnv,
  ) {}

  async updateProfile(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof users.updateProfile>,
    key: string,
  ): Promise<User> {
    return this.unitOfWork.once({ scope: `auth.users.updateProfile:${principal.userId}`, key, request }, async (tx) => {
      const user = await this.directory.updateProfile(tx, principal, request);
      if (!user) throw new CallError('UNAUTHENTICATED', 'This account no longer exists');
      return user;
    });
  }

  async updateTimezone(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof users.updateTimezone>,
    key: string,
  ): Promise<void> {
    await this.unitOfWork.once({ scope: `auth.users.updateTimezone:${principal.userId}`, key, request }, async (tx) => {
      await this.directory.updateTimezone(tx, principal, request.timezone);
    });
  }

  /**
   * Wrong old passwords count like failed sign-ins.
   *
   * @param repeated this call was delivered before
   */
  async updatePassword(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof users.updatePassword>,
    key: string,
    repeated: boolean,
  ): Promise<void> {
    const { userId } = principal;
    await this.policy.check(request.newPassword);
    const told = { user_id: userId, client_address: request.address };
    const forgive = await this.attempts.passwordChange(userId, request.address, repeated);
    const account = await this.users.credentials({ id: userId });
    const matches = await this.passwords.verify(request.password, account?.passwordHash);
    const newHash = account && matches ? await this.passwords.hash(request.newPassword) : undefined;
    // Refused inside of the unit of work only: a second delivery finds the password changed, and must get the first result. Neither password
    // is part of the request's identity, because a fast hash of that is stored.
    await this.unitOfWork.once({ scope: `auth.users.updatePassword:${userId}`, key, request: {} }, async (tx) => {
      const changed =
        account && newHash && (await this.users.replacePassword(tx, userId, account.passwordHash, newHash));
      if (!changed) {
        this.runtime.security.record('password_changed', { ...told, outcome: 'failed' });
        throw new CallError('INVALID_ARGUMENT', 'The current password is not right', { problem: 'wrong_password' });
      }
      await this.sessions.endAll(tx, userId);
      tx.afterCommit(() => this.runtime.security.record('password_changed', told));
    });
    await forgive();
  }

  settings(principal: UserPrincipal): Promise<Record<string, unknown> | null> {
    return this.directory.settings(principal);
  }

  async updateSettings(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof users.updateSettings>,
    key: string,
  ): Promise<Record<string, unknown>> {
    const bytes = Buffer.byteLength(JSON.stringify(request.settings));
    assertStorage(SETTINGS, bytes, this.env.MAX_USER_SETTINGS_BYTES);
    await this.unitOfWork.once({ scope: `auth.users.updateSettings:${principal.userId}`, key, request }, async (tx) => {
      await this.directory.saveSettings(tx, principal, request.settings);
    });
    return request.settings;
  }
}
