import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Role } from '@perennial/contracts-kernel';
import { type Tx, UnitOfWork } from '@perennial/persistence';
import { Runtime, type SecurityEvent, type SecurityFields } from '@perennial/runtime';
import { UsersRepository } from '../accounts/users.repository';
import { PasswordHasher } from '../passwords/password-hasher';
import { PasswordPolicy } from '../passwords/password-policy';
import type { SessionStamp } from '../sessions/token-issuer';

/** Clients show it for an account without a picture. */
export const DEFAULT_IMAGE = '/user.png';

export interface NewAccount {
  name: string;
  email: string;
  profile_image_url?: string;
}

/** Creates accounts, and decides which one is the first. */
@Injectable()
export class AccountCreator {
  constructor(
    private readonly runtime: Runtime,
    private readonly users: UsersRepository,
    private readonly passwords: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Creates the first account, unless there is one already; of concurrent processes one succeeds.
   *
   * @returns its id
   * @throws CallError `INVALID_ARGUMENT` for a password that the policy refuses
   */
  async addFirstAdmin(account: NewAccount & { password: string }): Promise<string | undefined> {
    if (await this.users.any()) return undefined;
    await this.policy.check(account.password);
    const passwordHash = await this.passwords.hash(account.password);
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.isFirst(tx))) return undefined;
      return (await this.insert(tx, account, { role: 'admin', passwordHash }, 'account_added', {})).userId;
    });
  }

  /** Whether there is no account yet; other transactions wait for the end of this one before they get an answer. */
  async isFirst(tx: Tx): Promise<boolean> {
    if (await this.users.any(tx)) return false;
    await this.users.lockFirstAccount(tx);
    return !(await this.users.any(tx));
  }

  /**
   * Stores the stamp of the token with the key, never the token: results are kept for a day, and a table of valid tokens is a risk.
   */
  async insert(
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
}
