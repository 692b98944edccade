import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type {
  ADD_USER,
  AUTH_STATUS,
  DELETE_USER,
  GET_PICTURE,
  IssuedSession,
  SIGN_UP,
  UPDATE_USER,
  User,
} from '@perennial/contracts-auth';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  type Role,
  type UserPrincipal,
  requestLike,
} from '@perennial/contracts-kernel';
import { isUniqueViolation, UnitOfWork, type OnceKey, type Tx } from '@perennial/persistence';
import { AUTH_ENV, type AuthEnv } from '../env';
import { AttemptLimiter } from '../limits/attempt-limiter';
import { PasswordHasher } from '../passwords/password-hasher';
import { SessionsService } from '../sessions/sessions.service';
import type { SessionStamp } from '../sessions/token-issuer';
import { newPicture } from './new-picture';
import { UsersRepository } from './users.repository';

/** What clients show for an account without a picture. */
const DEFAULT_IMAGE = '/user.png';

/** Accounts: how they come, change and go. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
    private readonly sessions: SessionsService,
    private readonly passwords: PasswordHasher,
    private readonly attempts: AttemptLimiter,
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
    if (!repeated) await this.attempts.signUp(request.address);
    // Not hashed for nothing: anybody can ask, and a hash is dear.
    const { signUpEnabled } = await this.status();
    const passwordHash = signUpEnabled ? await this.passwords.hash(request.password) : undefined;
    return this.create({ scope: 'auth.users.signUp', key, request: withoutPassword(request) }, request, async (tx) => {
      const first = await this.isFirst(tx);
      if (passwordHash === undefined || !(first || (this.env.ENABLE_SIGNUP ?? false))) {
        throw new CallError('PERMISSION_DENIED', 'Sign-up is switched off; ask an administrator for an account');
      }
      return { role: first ? 'admin' : this.env.DEFAULT_USER_ROLE, passwordHash };
    });
  }

  async add(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof ADD_USER>,
    key: string,
  ): Promise<IssuedSession> {
    const passwordHash = await this.passwords.hash(request.password);
    const once = { scope: `auth.users.add:${principal.userId}`, key, request: withoutPassword(request) };
    return this.create(once, request, () => Promise.resolve({ role: request.role, passwordHash }));
  }

  async get(userId: string): Promise<User> {
    return this.users.byId(userId).then(found);
  }

  async picture(userId: string): Promise<CallReply<typeof GET_PICTURE>> {
    return { url: found(await this.users.picture(userId)) };
  }

  async update(principal: UserPrincipal, request: CallParsedRequest<typeof UPDATE_USER>, key: string): Promise<User> {
    const { userId, password, profile_image_url: pictureUrl, ...change } = request;
    const profileImageUrl = newPicture(userId, pictureUrl);
    const passwordHash = password === undefined ? undefined : await this.passwords.hash(password);
    const once = { scope: `auth.users.update:${principal.userId}`, key, request: withoutPassword(request) };
    return emailTaken(
      this.unitOfWork.once(once, async (tx) => {
        const before = found(await this.users.lockRole(tx, userId));
        const changesRole = change.role !== undefined && change.role !== before;
        if (changesRole && before === 'admin') await this.refuseLastAdmin(tx, userId);
        const user = found(await this.users.update(tx, userId, { ...change, passwordHash, profileImageUrl }));
        if (changesRole || passwordHash !== undefined) await this.sessions.endAll(tx, userId);
        return user;
      }),
    );
  }

  async delete(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof DELETE_USER>,
    key: string,
  ): Promise<CallReply<typeof DELETE_USER>> {
    const { userId } = request;
    if (userId === principal.userId) throw new CallError('FAILED_PRECONDITION', 'Nobody can delete their own account');
    return this.unitOfWork.once({ scope: `auth.users.delete:${principal.userId}`, key, request }, async (tx) => {
      const role = await this.users.lockRole(tx, userId);
      // Whoever repeats a deletion that was cut short goes on with what else has to be deleted.
      if (role === undefined) return { deleted: false };
      if (role === 'admin') await this.refuseLastAdmin(tx, userId);
      const notBefore = await this.users.endTokens(tx, userId);
      await this.users.delete(tx, userId);
      await this.sessions.tellEnd(tx, userId, notBefore);
      return { deleted: true };
    });
  }

  /**
   * Creates an account once per key. Stored with the key is what the token is made of, never the token: results are kept for a day, and
   * a table of valid tokens is not something to have.
   */
  private async create(
    once: OnceKey,
    {
      name,
      email,
      profile_image_url: profileImageUrl = DEFAULT_IMAGE,
    }: { name: string; email: string; profile_image_url?: string },
    decide: (tx: Tx) => Promise<{ role: Role; passwordHash: string }>,
  ): Promise<IssuedSession> {
    const stamp = await emailTaken(
      this.unitOfWork.once<SessionStamp>(once, async (tx) => {
        const { id, issuedAt } = await this.users.insert(tx, { name, email, profileImageUrl, ...(await decide(tx)) });
        return { userId: id, jti: randomUUID(), issuedAt };
      }),
    );
    return this.sessions.issue(await this.get(stamp.userId), stamp);
  }

  /** Whether there is no account yet; if so, nobody else is told the same before this transaction ends. */
  private async isFirst(tx: Tx): Promise<boolean> {
    if (await this.users.any(tx)) return false;
    await this.users.lockFirstAccount(tx);
    return !(await this.users.any(tx));
  }

  /** The account's row is locked before; only those who take an admin away wait for each other. */
  private async refuseLastAdmin(tx: Tx, userId: string): Promise<void> {
    await this.users.lockAdmins(tx);
    if (await this.users.hasOtherAdmin(tx, userId)) return;
    throw new CallError('FAILED_PRECONDITION', 'This is the last administrator; make somebody else one first');
  }
}

/** What a repetition must repeat. A fast hash of it is stored, so the password stays out. */
function withoutPassword<T extends { password?: string }>(request: T): Omit<T, 'password'> {
  const { password: _, ...rest } = request;
  return requestLike(request, rest);
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new CallError('NOT_FOUND', 'There is no such account');
  return value;
}

async function emailTaken<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isUniqueViolation(error, 'users_email_unique')) throw error;
    throw new CallError('ALREADY_EXISTS', 'This email address is already taken');
  }
}
