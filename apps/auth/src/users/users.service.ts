import { Injectable } from '@nestjs/common';
import type { users } from '@perennial/contracts-auth';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  requestLike,
  type Role,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import type { User } from '@perennial/contracts-wire';
import { type Tx, UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { UsersRepository } from '../accounts/users.repository';
import { PasswordHasher } from '../passwords/password-hasher';
import { PasswordPolicy } from '../passwords/password-policy';
import { SessionsService } from '../sessions/sessions.service';
import { emailTaken } from './email-taken';
import { newPicture } from './new-picture';
import { PlacementCheck } from './placement-check';

/** Changes and deletion of accounts. */
@Injectable()
export class UsersService {
  constructor(
    private readonly runtime: Runtime,
    private readonly users: UsersRepository,
    private readonly sessions: SessionsService,
    private readonly passwords: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly unitOfWork: UnitOfWork,
    private readonly placements: PlacementCheck,
  ) {}

  async get(userId: string): Promise<User> {
    return this.users.byId(userId).then(found);
  }

  async picture(userId: string): Promise<CallReply<typeof users.picture>> {
    return { url: found(await this.users.picture(userId)) };
  }

  async update(principal: UserPrincipal, request: CallParsedRequest<typeof users.update>, key: string): Promise<User> {
    const { userId, password, profile_image_url: pictureUrl, ...change } = request;
    const profileImageUrl = newPicture(userId, pictureUrl);
    if (password !== undefined) await this.policy.check(password);
    const passwordHash = password === undefined ? undefined : await this.passwords.hash(password);
    const { placement } = change;
    if (placement != null && (await this.get(userId)).placement !== placement)
      await this.placements.assertKnown(placement);
    const once = { scope: `auth.users.update:${principal.userId}`, key, request: withoutPassword(request) };
    return emailTaken(
      this.unitOfWork.once(once, async (tx) => {
        const before = found(await this.users.lock(tx, userId));
        const changesRole = change.role !== undefined && change.role !== before.role;
        const changesPlacement = change.placement !== undefined && change.placement !== before.placement;
        if (changesRole && before.role === 'admin') await this.refuseLastAdmin(tx, userId);
        const user = found(await this.users.update(tx, userId, { ...change, passwordHash, profileImageUrl }));
        // A session carries its role and its placement to every service.
        if (changesRole || changesPlacement || passwordHash !== undefined) await this.sessions.endAll(tx, userId);
        tx.afterCommit(() => this.recordChange(principal, { ...request, before, changesRole, changesPlacement }));
        return user;
      }),
    );
  }

  async delete(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof users.remove>,
    key: string,
  ): Promise<CallReply<typeof users.remove>> {
    const { userId } = request;
    if (userId === principal.userId)
      throw new CallError('FAILED_PRECONDITION', 'You cannot delete your own account', { problem: 'own_account' });
    return this.unitOfWork.once({ scope: `auth.users.delete:${principal.userId}`, key, request }, async (tx) => {
      const role = (await this.users.lock(tx, userId))?.role;
      // Repeating an interrupted deletion continues with the rest of it.
      if (role === undefined) return { deleted: false };
      if (role === 'admin') await this.refuseLastAdmin(tx, userId);
      const notBefore = await this.users.endTokens(tx, userId);
      await this.users.delete(tx, userId);
      await this.sessions.tellEnd(tx, userId, notBefore);
      const actor = principal.userId;
      tx.afterCommit(() => this.runtime.security.record('account_deleted', { user_id: userId, actor_id: actor }));
      return { deleted: true };
    });
  }

  private recordChange(
    { userId: actor }: UserPrincipal,
    change: CallParsedRequest<typeof users.update> & {
      before: { role: Role; placement: string | null };
      changesRole: boolean;
      changesPlacement: boolean;
    },
  ): void {
    const { security } = this.runtime;
    const who = { user_id: change.userId, actor_id: actor };
    if (change.changesRole) security.record('role_changed', { ...who, from: change.before.role, to: change.role });
    if (change.changesPlacement)
      security.record('placement_changed', { ...who, from: change.before.placement ?? '', to: change.placement ?? '' });
    if (change.password !== undefined) security.record('password_changed', who);
    if (change.email !== undefined) security.record('account_changed', { ...who, fields: ['email'] });
  }

  /** The account's row is locked before; only transactions that remove an admin wait for each other. */
  private async refuseLastAdmin(tx: Tx, userId: string): Promise<void> {
    await this.users.lockAdmins(tx);
    if (await this.users.hasOtherAdmin(tx, userId)) return;
    throw new CallError(
      'FAILED_PRECONDITION',
      'This is the last administrator; make another account an administrator first',
    );
  }
}

/** The identity of the request. A fast hash of it is stored, so the password stays out. */
function withoutPassword<T extends { password?: string }>(request: T): Omit<T, 'password'> {
  const { password: _, ...rest } = request;
  return requestLike(request, rest);
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new CallError('NOT_FOUND', 'There is no such account');
  return value;
}
