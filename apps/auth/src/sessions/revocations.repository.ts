import { Injectable } from '@nestjs/common';
import type { Revocation, SessionClaims, User } from '@perennial/contracts-auth';
import { Database, type Queryable } from '@perennial/persistence';
import { USER_COLUMNS } from '../users/user-columns';

/** How many revocations one call answers with. */
export const FEED_PAGE = 1_000;

export interface NewRevocation {
  kind: Revocation['kind'];
  subject: string;
  userId: string;
  /** Epoch milliseconds. */
  notBefore: number;
  /** Epoch seconds after which no token is left that it could end; null: keep it for ever. */
  expiresAt: number | null;
}

/** The feed of revoked tokens, and what it means for a token. */
@Injectable()
export class RevocationsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Appends to the feed and returns the number in it. The last thing to do in a transaction: the numbering row stays locked until the
   * commit, which is what makes the feed dense and ordered by commit (a reader that has seen n will never find a new number below it).
   */
  async append(tx: Queryable, revocation: NewRevocation): Promise<number> {
    const row = await tx.first<{ sequence: number }>(
      `WITH next AS (UPDATE revocation_feed SET sequence = sequence + 1 RETURNING sequence)
       INSERT INTO revocations (sequence, kind, subject, user_id, not_before, expires_at)
       SELECT sequence, $1, $2, $3, $4, to_timestamp($5) FROM next
       RETURNING sequence::float8 AS sequence`,
      [revocation.kind, revocation.subject, revocation.userId, revocation.notBefore, revocation.expiresAt],
    );
    if (!row) throw new Error('the revocation feed has lost its numbering row');
    return row.sequence;
  }

  /**
   * What came after `cursor`, in order, at most `FEED_PAGE`. One statement, so rows and numbering are of one snapshot. A cursor from the
   * future (the database was restored from a backup) reads from the start.
   */
  async since(cursor: number): Promise<{ cursor: number; revocations: Revocation[] }> {
    const rows = await this.database.query<{ head: number; revocation: Revocation | null }>(
      `SELECT feed.sequence::float8 AS head,
              CASE WHEN r.sequence IS NOT NULL THEN json_build_object(
                'sequence', r.sequence, 'kind', r.kind, 'subject', r.subject, 'userId', r.user_id, 'notBefore', r.not_before,
                'expiresAt', extract(epoch FROM r.expires_at)) END AS revocation
         FROM revocation_feed feed
         LEFT JOIN LATERAL (
           SELECT * FROM revocations
            WHERE sequence > CASE WHEN $1::bigint > feed.sequence THEN 0 ELSE $1::bigint END
              AND (expires_at IS NULL OR expires_at > now())
            ORDER BY sequence LIMIT ${FEED_PAGE}) r ON true
        ORDER BY r.sequence`,
      [cursor],
      { name: 'revocations.since' },
    );
    const revocations = rows.flatMap((row) => (row.revocation ? [row.revocation] : []));
    const last = revocations.at(-1);
    const complete = revocations.length < FEED_PAGE || last === undefined;
    return { cursor: complete ? (rows[0]?.head ?? 0) : last.sequence, revocations };
  }

  /** The account behind the claims, unless the account or the token is gone. `idleSeconds`: since it was last seen. */
  async resolve(claims: SessionClaims): Promise<{ user: User; idleSeconds: number } | undefined> {
    const row = await this.database.first<User & { idle_seconds: number }>(
      `SELECT ${USER_COLUMNS}, extract(epoch FROM now() - u.last_active_at)::float8 AS idle_seconds
         FROM users u
        WHERE u.id = $1 AND u.tokens_valid_from <= $2
          AND NOT EXISTS (SELECT 1 FROM revocations r WHERE r.kind = 'session' AND r.subject = $3)`,
      [claims.id, Math.round(claims.iat * 1000), claims.jti],
      { name: 'sessions.resolve' },
    );
    if (!row) return undefined;
    const { idle_seconds: idleSeconds, ...user } = row;
    return { user, idleSeconds };
  }

  /** Deletes what no longer matters. */
  async prune(): Promise<number> {
    return this.database.execute('DELETE FROM revocations WHERE expires_at < now()');
  }
}
