import { Injectable } from '@nestjs/common';
import type { users } from '@perennial/contracts-auth';
import { CallError, type CallParsedRequest, type Role } from '@perennial/contracts-kernel';
import type { User } from '@perennial/contracts-wire';
import { Database, type Queryable } from '@perennial/persistence';
import { NOW_MS, USER_COLUMNS } from './user-columns';

export interface NewUser {
  name: string;
  email: string;
  passwordHash: string;
  role: Role;
  profileImageUrl: string;
}

/** A change to an account; undefined fields stay. */
export interface UserChange {
  name?: string;
  email?: string;
  role?: Role;
  passwordHash?: string;
  profileImageUrl?: string;
  /** Null: none. */
  placement?: string | null;
}

/** Numbers of our advisory locks; each is held until the transaction ends. */
const FIRST_ACCOUNT_LOCK = 7_301;
const ADMINS_LOCK = 7_302;

/** Accounts. The services decide who may see or change which. */
@Injectable()
export class UsersRepository {
  constructor(private readonly database: Database) {}

  async any(db: Queryable = this.database): Promise<boolean> {
    const row = await db.first<{ found: boolean }>('SELECT EXISTS (SELECT 1 FROM users) AS found');
    return row?.found ?? false;
  }

  async byId(id: string): Promise<User | undefined> {
    return this.database.first<User>(`SELECT ${USER_COLUMNS} FROM users u WHERE u.id = $1`, [id]);
  }

  /** The whole address or data URL of the picture. */
  async picture(id: string): Promise<string | undefined> {
    const row = await this.database.first<{ url: string }>('SELECT profile_image_url AS url FROM users WHERE id = $1', [
      id,
    ]);
    return row?.url;
  }

  /** The stored hash of a password. */
  async credentials(by: { email: string } | { id: string }): Promise<{ id: string; passwordHash: string } | undefined> {
    const [column, value] = 'email' in by ? ['email', by.email] : ['id', by.id];
    return this.database.first(`SELECT id, password_hash AS "passwordHash" FROM users WHERE ${column} = $1`, [value]);
  }

  /**
   * The account, and the moment from which its new token is valid; nothing if the password has changed since it was checked. It updates the
   * row so that it waits for a password change that is about to commit: a token of the old password cannot outlive it.
   */
  async stampSession(id: string, passwordHash: string): Promise<{ user: User; issuedAt: number } | undefined> {
    const row = await this.database.first<User & { issued_at: number }>(
      `UPDATE users u SET last_active_at = now() WHERE u.id = $1 AND u.password_hash = $2
       RETURNING ${USER_COLUMNS}, greatest(${NOW_MS}, u.tokens_valid_from)::float8 AS issued_at`,
      [id, passwordHash],
    );
    if (!row) return undefined;
    const { issued_at: issuedAt, ...user } = row;
    return { user, issuedAt };
  }

  /** @throws the driver's unique violation (`users_email_unique`) when the address is taken */
  async insert(tx: Queryable, user: NewUser): Promise<{ id: string; issuedAt: number }> {
    const row = await tx.first<{ id: string; issuedAt: number }>(
      `INSERT INTO users (name, email, password_hash, role, profile_image_url) VALUES ($1, $2, $3, $4, $5)
       RETURNING id, ${NOW_MS}::float8 AS "issuedAt"`,
      [user.name, user.email, user.passwordHash, user.role, user.profileImageUrl],
    );
    if (!row) throw new Error('an insert returned no row');
    return row;
  }

  /** Those of the addresses that accounts have. */
  async existing(emails: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.query<{ email: string }>('SELECT email FROM users WHERE email = ANY ($1)', [
      emails,
    ]);
    return new Set(rows.map(({ email }) => email));
  }

  /** Inserts accounts whose address is free. @returns those that are new */
  async insertListed(
    tx: Queryable,
    users: readonly Omit<NewUser, 'profileImageUrl'>[],
    profileImageUrl: string,
  ): Promise<{ id: string; email: string; role: Role }[]> {
    return tx.query(
      `INSERT INTO users (name, email, password_hash, role, profile_image_url)
       SELECT name, email, "passwordHash", role, $2
         FROM jsonb_to_recordset($1::jsonb) AS l (name text, email text, "passwordHash" text, role text)
       ON CONFLICT (email) DO NOTHING RETURNING id, email, role`,
      [JSON.stringify(users), profileImageUrl],
    );
  }

  /**
   * Inserts an account of another product, with its settings.
   *
   * @returns false when the id or the address is taken
   */
  async insertImported(
    tx: Queryable,
    account: CallParsedRequest<typeof users.importAccount> & { profile_image_url: string },
  ): Promise<boolean> {
    const inserted = await tx.execute(
      `WITH added AS (
         INSERT INTO users (id, name, email, password_hash, role, profile_image_url, bio, gender, date_of_birth, timezone, created_at, last_active_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, to_timestamp($11), to_timestamp($12))
         ON CONFLICT DO NOTHING RETURNING id
       ), set AS (
         INSERT INTO user_settings (user_id, settings) SELECT id, $13::jsonb FROM added WHERE $13::jsonb IS NOT NULL
       )
       SELECT id FROM added`,
      [
        account.userId,
        account.name,
        account.email,
        account.passwordHash,
        account.role,
        account.profile_image_url,
        account.bio ?? null,
        account.gender ?? null,
        account.date_of_birth ?? null,
        account.timezone ?? null,
        account.createdAt,
        account.lastActiveAt,
        account.settings == null ? null : JSON.stringify(account.settings),
      ],
    );
    return inserted === 1;
  }

  /** The id of the account that has this id, else of the one that has this address. One of them exists. */
  async idOf(tx: Queryable, { userId, email }: { userId: string; email: string }): Promise<string> {
    const row = await tx.first<{ id: string }>(
      'SELECT id FROM users WHERE id = $1 OR email = $2 ORDER BY (id = $1) DESC LIMIT 1',
      [userId, email],
    );
    if (!row)
      throw new CallError('UNAVAILABLE', 'The account was deleted at this moment. Try again.', { retryAfter: 1 });
    return row.id;
  }

  /** Makes concurrent first sign-ups wait for each other, until the end of the transaction. */
  async lockFirstAccount(tx: Queryable): Promise<void> {
    await tx.execute('SELECT pg_advisory_xact_lock($1)', [FIRST_ACCOUNT_LOCK]);
  }

  /** Makes all transactions that remove an admin wait for each other, until their end. */
  async lockAdmins(tx: Queryable): Promise<void> {
    await tx.execute('SELECT pg_advisory_xact_lock($1)', [ADMINS_LOCK]);
  }

  async hasOtherAdmin(tx: Queryable, id: string): Promise<boolean> {
    const row = await tx.first<{ found: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND id <> $1) AS found`,
      [id],
    );
    return row?.found ?? false;
  }

  /** What an account may do and where its data goes; its row stays locked until the end of the transaction. */
  async lock(tx: Queryable, id: string): Promise<{ role: Role; placement: string | null } | undefined> {
    return tx.first('SELECT role, placement FROM users WHERE id = $1 FOR UPDATE', [id]);
  }

  async update(tx: Queryable, id: string, change: UserChange): Promise<User | undefined> {
    return tx.first<User>(
      `UPDATE users u SET name = coalesce($2, u.name), email = coalesce($3, u.email), role = coalesce($4, u.role),
              password_hash = coalesce($5, u.password_hash), profile_image_url = coalesce($6, u.profile_image_url),
              placement = CASE WHEN $7 THEN $8 ELSE u.placement END, updated_at = now()
        WHERE u.id = $1 RETURNING ${USER_COLUMNS}`,
      [
        id,
        change.name,
        change.email,
        change.role,
        change.passwordHash,
        change.profileImageUrl,
        change.placement !== undefined,
        change.placement,
      ],
    );
  }

  /** Ends all tokens issued so far. The row must be locked by this transaction. @returns the first valid moment, epoch milliseconds */
  async endTokens(tx: Queryable, id: string): Promise<number> {
    const row = await tx.first<{ valid_from: number }>(
      `UPDATE users SET tokens_valid_from = greatest(${NOW_MS}, tokens_valid_from) + 1 WHERE id = $1
       RETURNING tokens_valid_from::float8 AS valid_from`,
      [id],
    );
    if (!row) throw new Error('the account is not there');
    return row.valid_from;
  }

  /** @returns whether the password was still the old one */
  async replacePassword(tx: Queryable, id: string, oldHash: string, newHash: string): Promise<boolean> {
    const changed = await tx.execute(
      'UPDATE users SET password_hash = $3, updated_at = now() WHERE id = $1 AND password_hash = $2',
      [id, oldHash, newHash],
    );
    return changed === 1;
  }

  /** Replaces the hash of an unchanged password: sessions stay, and the account does not count as changed. */
  async upgradeHash(id: string, oldHash: string, newHash: string): Promise<void> {
    await this.database.execute('UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2', [
      id,
      oldHash,
      newHash,
    ]);
  }

  async delete(tx: Queryable, id: string): Promise<void> {
    await tx.execute('DELETE FROM users WHERE id = $1', [id]);
  }
}
