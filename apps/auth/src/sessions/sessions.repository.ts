import { Injectable } from '@nestjs/common';
import type { SessionClaims } from '@perennial/contracts-auth';
import type { User } from '@perennial/contracts-wire';
import { Database } from '@perennial/persistence';
import { USER_COLUMNS } from '../accounts/user-columns';

/** Minimum interval between writes of one session's activity. */
const RESOLUTION_SECONDS = 60;

export interface ResolvedSession {
  user: User;
  /** Since the session was last seen; if it never was, since any of the account was, or since the issue of a token without an expiry. */
  idleSeconds: number;
  /** The activity is due to be written. */
  unseen: boolean;
}

/** The account of a token, and when it was last used. */
@Injectable()
export class SessionsRepository {
  constructor(private readonly database: Database) {}

  /** The account behind the claims, unless the account or the token is gone. */
  async resolve(claims: SessionClaims): Promise<ResolvedSession | undefined> {
    const row = await this.database.first<User & { idle_seconds: number; unseen: boolean }>(
      `SELECT ${USER_COLUMNS},
              extract(epoch FROM now() - coalesce(a.seen_at, CASE WHEN $5 THEN greatest(u.last_active_at, to_timestamp($4)) ELSE to_timestamp($4) END))::float8 AS idle_seconds,
              coalesce(a.seen_at < now() - interval '${RESOLUTION_SECONDS} seconds', true) AS unseen
         FROM users u LEFT JOIN session_activity a ON a.session_id = $3
        WHERE u.id = $1 AND u.tokens_valid_from <= $2
          AND NOT EXISTS (SELECT 1 FROM revocations r WHERE r.kind = 'session' AND r.subject = $3)
          AND NOT EXISTS (SELECT 1 FROM unnumbered_revocations r WHERE r.kind = 'session' AND r.subject = $3)`,
      [claims.id, Math.round(claims.iat * 1000), claims.jti, claims.iat, claims.exp !== undefined],
      { name: 'sessions.resolve' },
    );
    if (!row) return undefined;
    const { idle_seconds: idleSeconds, unseen, ...user } = row;
    return { user, idleSeconds, unseen };
  }

  /**
   * Writes that the session and its account are active now.
   *
   * @param keepSeconds how long this is kept for a token without an expiry
   */
  async seen({ id, jti, exp }: SessionClaims, keepSeconds: number): Promise<void> {
    await this.database.execute(
      `WITH account AS (
         UPDATE users SET last_active_at = now()
          WHERE id = $1 AND last_active_at < now() - interval '${RESOLUTION_SECONDS} seconds'
       )
       INSERT INTO session_activity (session_id, user_id, expires_at)
       SELECT $2, id, coalesce(to_timestamp($3), now() + $4 * interval '1 second') FROM users WHERE id = $1
       ON CONFLICT (session_id) DO UPDATE SET seen_at = now(), expires_at = excluded.expires_at`,
      [id, jti, exp ?? null, keepSeconds],
      { name: 'sessions.seen' },
    );
  }

  /**
   * Deletes rows of expired tokens, and of idle ones without an expiry.
   *
   * @param keepSeconds as of `seen`: for rows of a version that wrote no end
   */
  async prune(keepSeconds: number): Promise<void> {
    await this.database.execute(
      `UPDATE session_activity SET expires_at = seen_at + $1 * interval '1 second' WHERE expires_at IS NULL`,
      [keepSeconds],
    );
    await this.database.execute('DELETE FROM session_activity WHERE expires_at < now()');
  }
}
