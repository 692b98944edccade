import { Injectable } from '@nestjs/common';
import type { IssuedSession, users } from '@perennial/contracts-auth';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  requestLike,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import type { User } from '@perennial/contracts-wire';
import { UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { UsersRepository } from '../accounts/users.repository';
import { AttemptLimiter } from '../limits/attempt-limiter';
import { PasswordHasher } from '../passwords/password-hasher';
import { PasswordPolicy } from '../passwords/password-policy';
import { SignInService } from '../sessions/sign-in.service';
import type { SessionStamp } from '../sessions/token-issuer';
import { emailTaken } from '../users/email-taken';
import { AccountCreator } from './account-creator';
import { RegistrationSettings } from './registration-settings';
import { SetupSecret } from './setup-secret';

/** Sign-up, and accounts added by an administrator. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly runtime: Runtime,
    private readonly users: UsersRepository,
    private readonly accounts: AccountCreator,
    private readonly signIns: SignInService,
    private readonly passwords: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly attempts: AttemptLimiter,
    private readonly setupSecret: SetupSecret,
    private readonly unitOfWork: UnitOfWork,
    private readonly settings: RegistrationSettings,
  ) {}

  status(): Promise<CallReply<typeof users.status>> {
    return this.settings.status();
  }

  /**
   * The first account becomes the admin; concurrent first sign-ups wait for each other, so that there is one.
   *
   * @param repeated this call was delivered before; its attempt has been counted
   */
  async signUp(
    request: CallParsedRequest<typeof users.signUp>,
    key: string,
    repeated: boolean,
  ): Promise<IssuedSession> {
    if (!repeated) await this.attempts.signUp(request);
    await this.policy.check(request.password);
    // Checked before the hash, because hashes are expensive and sign-up is open to all.
    const { onboarding, signUpEnabled } = await this.status();
    if (onboarding) this.refuseStrangers(request);
    const passwordHash = signUpEnabled ? await this.passwords.hash(request.password) : undefined;
    const { name, email, profile_image_url, address } = request;
    // The identity of the request. A fast hash of it is stored, so secrets stay out.
    const compared = requestLike(request, { name, email, profile_image_url, address });
    const once = { scope: 'auth.users.signUp', key, request: compared };
    const stamp = await emailTaken(
      this.unitOfWork.once<SessionStamp>(once, async (tx) => {
        const first = await this.accounts.isFirst(tx);
        const { signUp, defaultRole } = await this.settings.read(tx);
        if (passwordHash === undefined || !(first || signUp)) {
          throw new CallError('PERMISSION_DENIED', 'Sign-up is switched off; ask an administrator for an account', {
            problem: 'sign_up_off',
          });
        }
        if (first) this.refuseStrangers(request);
        const role = first ? 'admin' : defaultRole;
        return this.accounts.insert(tx, request, { role, passwordHash }, 'sign_up', { client_address: address });
      }),
    );
    return this.signIns.issue(await this.created(stamp.userId), stamp, request.device);
  }

  /** By an administrator. The session of a new account belongs to its owner, so none is created. */
  async add(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof users.add>,
    key: string,
  ): Promise<IssuedSession> {
    const { password, ...account } = request;
    await this.policy.check(password);
    const passwordHash = await this.passwords.hash(password);
    const once = { scope: `auth.users.add:${principal.userId}`, key, request: requestLike(request, account) };
    const { userId } = await emailTaken(
      this.unitOfWork.once<SessionStamp>(once, (tx) =>
        this.accounts.insert(tx, account, { role: request.role, passwordHash }, 'account_added', {
          actor_id: principal.userId,
        }),
      ),
    );
    return { user: await this.created(userId), token: '', expiresAt: null };
  }

  /** The first account gets all rights, so from another machine it needs proof of access to the installation. */
  private refuseStrangers({ local, setupSecret, address }: CallParsedRequest<typeof users.signUp>): void {
    if (local || this.setupSecret.matches(setupSecret)) return;
    this.runtime.security.record('sign_up', { outcome: 'failed', client_address: address, reason: 'no_setup_secret' });
    throw new CallError(
      'PERMISSION_DENIED',
      'The first account administers this installation. Enter the set-up secret, which the auth service writes into its log at start.',
    );
  }

  private async created(userId: string): Promise<User> {
    const user = await this.users.byId(userId);
    if (user === undefined) throw new CallError('NOT_FOUND', 'The account was deleted at once');
    return user;
  }
}
