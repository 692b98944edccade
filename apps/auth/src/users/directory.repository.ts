import { Injectable } from '@nestjs/common';
import { accountLists, type users } from '@perennial/contracts-auth';
import type { CallParsedRequest, CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import type { User } from '@perennial/contracts-wire';
import { Database, type Queryable } from '@perennial/persistence';
import { USER_COLUMNS } from '../accounts/user-columns';
import { newPicture } from './new-picture';

export interface UsersQuery {
  query?: string;
  role?: User['role'];
  orderBy: 'name' | 'email' | 'role' | 'created_at' | 'last_active_at';
  direction: 'asc' | 'desc';
  page: number;
}

const PAGE = 30;
const ORDER: Record<UsersQuery['orderBy'], string> = {
  name: 'lower(u.name)',
  email: 'u.email',
  role: 'u.role',
  created_at: 'u.created_at',
  last_active_at: 'u.last_active_at',
};

/** Text with the wildcards of LIKE taken literally. */
const literal = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

/** The list of accounts for admins, and users' profiles. */
@Injectable()
export class DirectoryRepository {
  constructor(private readonly database: Database) {}

  async list({ query, role, orderBy, direction, page }: UsersQuery): Promise<{ users: User[]; total: number }> {
    const pattern = query ? `%${literal(query)}%` : null;
    const where = `($1::text IS NULL OR u.name ILIKE $1 OR u.email ILIKE $1) AND ($2::text IS NULL OR u.role = $2)`;
    const wanted = [pattern, role ?? null];
    const sort = `${ORDER[orderBy]} ${direction === 'desc' ? 'DESC' : 'ASC'}, u.id`;
    const [users, count] = await Promise.all([
      this.database.query<User>(
        `SELECT ${USER_COLUMNS} FROM users u WHERE ${where} ORDER BY ${sort} LIMIT ${PAGE} OFFSET $3`,
        [...wanted, (page - 1) * PAGE],
      ),
      this.database.first<{ total: number }>(`SELECT count(*)::int AS total FROM users u WHERE ${where}`, wanted),
    ]);
    return { users, total: count?.total ?? 0 };
  }

  /** Accounts in the order of their ids, after one of them. */
  async pageAfter(after: string | undefined): Promise<CallReply<typeof accountLists.page>['accounts']> {
    return this.database.query(
      `SELECT id, name, email, role, floor(extract(epoch FROM created_at))::int AS "createdAt",
              floor(extract(epoch FROM last_active_at))::int AS "lastActiveAt"
         FROM users WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT ${accountLists.ACCOUNTS_PER_PAGE}`,
      [after ?? null],
    );
  }

  async updateProfile(
    tx: Queryable,
    principal: UserPrincipal,
    profile: CallParsedRequest<typeof users.updateProfile>,
  ): Promise<User | undefined> {
    return tx.first<User>(
      `UPDATE users u SET name = $2, profile_image_url = coalesce($3, u.profile_image_url), bio = $4, gender = $5, date_of_birth = $6, updated_at = now()
        WHERE u.id = $1 RETURNING ${USER_COLUMNS}`,
      [
        principal.userId,
        profile.name,
        newPicture(principal.userId, profile.profile_image_url),
        profile.bio ?? null,
        profile.gender ?? null,
        profile.date_of_birth ?? null,
      ],
    );
  }

  async updateTimezone(tx: Queryable, principal: UserPrincipal, timezone: string): Promise<void> {
    await tx.execute('UPDATE users SET timezone = $2 WHERE id = $1', [principal.userId, timezone]);
  }

  async settings(principal: UserPrincipal): Promise<Record<string, unknown> | null> {
    const row = await this.database.first<{ settings: Record<string, unknown> }>(
      'SELECT settings FROM user_settings WHERE user_id = $1',
      [principal.userId],
    );
    return row?.settings ?? null;
  }

  async saveSettings(tx: Queryable, principal: UserPrincipal, settings: Record<string, unknown>): Promise<void> {
    await tx.execute(
      `INSERT INTO user_settings (user_id, settings) VALUES ($1, $2)
       ON CONFLICT (user_id) DO UPDATE SET settings = excluded.settings, updated_at = now()`,
      [principal.userId, JSON.stringify(settings)],
    );
  }
}
