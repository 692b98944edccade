import { Injectable } from '@nestjs/common';
import { type accountLists, EmailSchema, type ListedResult, UserNameSchema } from '@perennial/contracts-auth';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  requestLike,
  type Role,
  RoleSchema,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import { UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { UsersRepository } from '../accounts/users.repository';
import { PasswordHasher } from '../passwords/password-hasher';
import { PasswordPolicy } from '../passwords/password-policy';
import { DEFAULT_IMAGE } from './account-creator';
import { RegistrationSettings } from './registration-settings';

type Request = CallParsedRequest<typeof accountLists.add>;
type Line = Request['accounts'][number];

/** A line that can become an account. */
interface NewAccount {
  name: string;
  email: string;
  role: Role;
  password: string;
}

type Parsed = NewAccount | { reason: NonNullable<ListedResult['reason']> };

/** Accounts that an administrator adds by a list. */
@Injectable()
export class AccountLists {
  constructor(
    private readonly runtime: Runtime,
    private readonly users: UsersRepository,
    private readonly passwords: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly settings: RegistrationSettings,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async check(lines: readonly Line[]): Promise<ListedResult[]> {
    const { parsed, existing } = await this.look(lines, true);
    return parsed.map((line) => resultOf(line, ({ email }) => (existing.has(email) ? 'existing' : 'new')));
  }

  async add(principal: UserPrincipal, request: Request, key: string): Promise<CallReply<typeof accountLists.add>> {
    const { parsed, existing } = await this.look(request.accounts, false);
    const wanted: { name: string; email: string; role: Role; passwordHash: string }[] = [];
    for (const line of parsed) {
      if ('reason' in line || existing.has(line.email)) continue;
      const { password, ...account } = line;
      // One after the other: a list takes one of the places for hashes, and sign-ins have the others.
      wanted.push({ ...account, passwordHash: await this.passwords.hash(password) });
    }
    const accounts = request.accounts.map(({ name, email, role }) => ({ name, email, role }));
    const once = {
      scope: `auth.accountLists.add:${principal.userId}`,
      key,
      request: requestLike(request, { accounts }),
    };
    const results = await this.unitOfWork.once(once, async (tx) => {
      const added = await this.users.insertListed(tx, wanted, DEFAULT_IMAGE);
      tx.afterCommit(() => {
        for (const { id, role } of added)
          this.runtime.security.record('account_added', { user_id: id, role, actor_id: principal.userId });
      });
      const fresh = new Set(added.map(({ email }) => email));
      // Of two lines with one address the first is added.
      return parsed.map((line) => resultOf(line, ({ email }) => (fresh.delete(email) ? 'added' : 'existing')));
    });
    return { results };
  }

  private async look(lines: readonly Line[], mayLackPassword: boolean) {
    const { defaultRole } = await this.settings.read();
    const parsed = await Promise.all(lines.map((line) => this.parse(line, defaultRole, mayLackPassword)));
    const emails = parsed.flatMap((line) => ('email' in line ? line.email : []));
    return { parsed, existing: await this.users.existing(emails) };
  }

  private async parse(line: Line, defaultRole: Role, mayLackPassword: boolean): Promise<Parsed> {
    const name = UserNameSchema.safeParse(line.name);
    if (!name.success) return { reason: 'no_name' };
    const email = EmailSchema.safeParse(line.email.trim());
    if (!email.success) return { reason: 'bad_email' };
    const written = line.role.trim().toLowerCase();
    const role = RoleSchema.safeParse(written === '' ? defaultRole : written);
    if (!role.success) return { reason: 'bad_role' };
    const { password } = line;
    if (password === '' && !mayLackPassword) return { reason: 'no_password' };
    if (password !== '' && !(await this.isGood(password))) return { reason: 'weak_password' };
    return { name: name.data, email: email.data, role: role.data, password };
  }

  private async isGood(password: string): Promise<boolean> {
    try {
      await this.policy.check(password);
      return true;
    } catch (error) {
      if (error instanceof CallError && error.code === 'INVALID_ARGUMENT') return false;
      throw error;
    }
  }
}

function resultOf(line: Parsed, outcome: (account: NewAccount) => ListedResult['outcome']): ListedResult {
  return 'reason' in line ? { outcome: 'refused', reason: line.reason } : { outcome: outcome(line) };
}
