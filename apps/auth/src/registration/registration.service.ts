import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ADD_USER, AUTH_STATUS, IssuedSession, SIGN_UP, User } from '@perennial/contracts-auth';
import {
  CallError,
  requestLike,
  type CallParsedRequest,
  type CallReply,
  type Role,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import { UnitOfWork, type Tx } from '@perennial/persistence';
import { Runtime, type SecurityEvent, type SecurityFields } from '@perennial/runtime';
import { AUTH_ENV, type AuthEnv } from '../env';
import { AttemptLimiter } from '../limits/attempt-limiter';
import { PasswordHasher } from '../passwords/password-hasher';
import { PasswordPolicy } from '../passwords/password-policy';
import { SignInService } from '../sessions/sign-in.service';
import type { SessionStamp } from '../sessions/token-issuer';
import { emailTaken } from '../users/email-taken';
import { UsersRepository } from '../users/users.repository';
import { SetupSecret } from './setup-secret';

/** What clients show for an account without a picture. */
const DEFAULT_IMAGE = '/user.png';

interface NewAccount {
  name: string;
  email: string;
  profile_image_url?: string;
}

/** How accounts come. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly runtime: Runtime,
    private readonly users: UsersRepository,
    private readonly signIns: SignInService,
    private readonly passwords: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly attempts: AttemptLimiter,
    private readonly setupSecret: SetupSecret,
    private readonly unitOfWork: UnitOfWork,
    @Inject(AUTH_ENV) private readonly env: AuthEnv,
  ) {}

  async status(): Promise<CallReply<typeof AUTH_STATUS>> {
    const onboarding = !(await this.users.any());
    return { onboarding, signUpEnabled: onboarding || (this.env.ENABLE_SIGNUP ?? false) };
  }

  /**
   * Who comes first becomes the admin; first sign-ups wait for each other, so that there is one first.
   * @param repeated this call was delivered before; its attempt has been counted
   */
  async signUp(request: CallParsedRequest<typeof SIGN_UP>, key: string, repeated: boolean): Promise<IssuedSession> {
    if (!repeated) await this.attempts.signUp(request);
    await this.policy.check(request.password);
    // Not hashed for nothing: anybody can ask, and a hash is dear.
    const { onboarding, signUpEnabled } = await this.status();
    if (onboarding) this.refuseStrangers(request);
    const passwordHash = signUpEnabled ? await this.passwords.hash(request.password) : undefined;
    const { name, email, profile_image_url, address } = request;
    // What a repetition must repeat. A fast hash of it is stored, so secrets stay out.
    const compared = requestLike(request, { name, email, profile_image_url, address });
    const once = { scope: 'auth.users.signUp', key, request: compared };
    const stamp = await emailTaken(
      this.unitOfWork.once<SessionStamp>(once, async (tx) => {
        const first = await this.isFirst(tx);
        if (passwordHash === undefined || !(first || (this.env.ENABLE_SIGNUP ?? false))) {
          throw new CallError('PERMISSION_DENIED', 'Sign-up is switched off; ask an administrator for an account');
        }
        if (first) this.refuseStrangers(request);
        const role = first ? 'admin' : this.env.DEFAULT_USER_ROLE;
        return this.insert(tx, request, { role, passwordHash }, 'sign_up', { client_address: address });
      }),
    );
    return this.signIns.issue(await this.created(stamp.userId), stamp, request.device);
  }

  /** By an administrator. The new account is told to nobody but them, so there is no session of it. */
  async add(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof ADD_USER>,
    key: string,
  ): Promise<IssuedSession> {
    const { password, ...account } = request;
    await this.policy.check(password);
    const passwordHash = await this.passwords.hash(password);
    const once = { scope: `auth.users.add:${principal.userId}`, key, request: requestLike(request, account) };
    const { userId } = await emailTaken(
      this.unitOfWork.once<SessionStamp>(once, (tx) =>
        this.insert(tx, account, { role: request.role, passwordHash }, 'account_added', { actor_id: principal.userId }),
      ),
    );
    return { user: await this.created(userId), token: '', expiresAt: null };
  }

  /** The first account, unless there is one already; of replicas that start together one creates it. @returns its id */
  async addFirstAdmin(account: NewAccount & { password: string }): Promise<string | undefined> {
    if (await this.users.any()) return undefined;
    await this.policy.check(account.password);
    const passwordHash = await this.passwords.hash(account.password);
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.isFirst(tx))) return undefined;
      return (await this.insert(tx, account, { role: 'admin', passwordHash }, 'account_added', {})).userId;
    });
  }

  /** The first account gets everything, so from elsewhere it takes a proof of who runs the installation. */
  private refuseStrangers({ local, setupSecret, address }: CallParsedRequest<typeof SIGN_UP>): void {
    if (local || this.setupSecret.matches(setupSecret)) return;
    this.runtime.security.record('sign_up', { outcome: 'failed', client_address: address, reason: 'no_setup_secret' });
    throw new CallError(
      'PERMISSION_DENIED',
      'The first account administers this installation. Enter the set-up secret, which the log of the auth service tells at its start.',
    );
  }

  /** Stored with a key is what the token is made of, never the token: results are kept for a day, and a table of valid tokens is not something to have. */
  private async insert(
    tx: Tx,
    { name, email, profile_image_url: profileImageUrl = DEFAULT_IMAGE }: NewAccount,
    rights: { role: Role; passwordHash: string },
    event: SecurityEvent,
    fields: SecurityFields,
  ): Promise<SessionStamp> {
    const { id, issuedAt } = await this.users.insert(tx, { name, email, profileImageUrl, ...rights });
    tx.afterCommit(() => this.runtime.security.record(event, { user_id: id, role: rights.role, ...fields }));
    return { userId: id, jti: randomUUID(), issuedAt };
  }

  private async created(userId: string): Promise<User> {
    const user = await this.users.byId(userId);
    if (user === undefined) throw new CallError('NOT_FOUND', 'The account was deleted at once');
    return user;
  }

  /** Whether there is no account yet; if so, nobody else is told the same before this transaction ends. */
  private async isFirst(tx: Tx): Promise<boolean> {
    if (await this.users.any(tx)) return false;
    await this.users.lockFirstAccount(tx);
    return !(await this.users.any(tx));
  }
}
