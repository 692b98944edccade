import { Injectable } from '@nestjs/common';
import type { Revocation } from '@perennial/contracts-auth';
import { Database, type Queryable } from '@perennial/persistence';

/** Most revocations in one reply. */
export const FEED_PAGE = 1_000;
/** Longest wait for the numbering row, well below the deadline of a call that reads the feed. */
const NUMBERING_LOCK_MS = 300;

export interface NewRevocation {
  kind: Revocation['kind'];
  subject: string;
  userId: string;
  /** Epoch milliseconds. */
  notBefore: number;
  /** Epoch seconds after which all its tokens have expired. */
  expiresAt: number;
}

/** The feed of revoked tokens. */
@Injectable()
export class RevocationsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Records a revocation in the transaction that causes it, without a lock, so that any number of transactions may do so at once; `number`
   * puts it into the feed after the commit.
   */
  async add(tx: Queryable, revocation: NewRevocation): Promise<void> {
    await tx.execute(
      `INSERT INTO unnumbered_revocations (kind, subject, user_id, not_before, expires_at)
       VALUES ($1, $2, $3, $4, to_timestamp($5))`,
      [revocation.kind, revocation.subject, revocation.userId, revocation.notBefore, revocation.expiresAt],
    );
  }

  /**
   * Moves committed, unnumbered revocations into the feed, at most `FEED_PAGE` at once, in a transaction of its own. The numbering row stays
   * locked until its commit, which makes the feed dense and ordered by commit: a reader that has seen n never finds a new number below it.
   * The lock has a time limit, so that a replica that hangs with it does not block the others for long.
   *
   * @returns the last number given, undefined when there was nothing; `more`: a full page was moved
   */
  async number(tx: Queryable): Promise<{ last: number | undefined; more: boolean }> {
    // The statement after the lock has a snapshot of its own, so it sees the changes of the former holder.
    const locked = Promise.all([
      tx.execute(`SET LOCAL lock_timeout = ${NUMBERING_LOCK_MS}`),
      tx.execute('SELECT sequence FROM revocation_feed FOR UPDATE'),
    ]);
    const moved = tx.first<{ last: number | null; count: number }>(
      `WITH moved AS (
         DELETE FROM unnumbered_revocations
          WHERE id IN (SELECT id FROM unnumbered_revocations ORDER BY id LIMIT ${FEED_PAGE}) RETURNING *
       ), numbered AS (
         INSERT INTO revocations (sequence, kind, subject, user_id, not_before, expires_at)
         SELECT feed.sequence + row_number() OVER (ORDER BY id), kind, subject, user_id, not_before, expires_at
           FROM moved, revocation_feed feed
         RETURNING sequence
       ), head AS (
         UPDATE revocation_feed SET sequence = latest.sequence
           FROM (SELECT max(sequence) AS sequence FROM numbered) latest WHERE latest.sequence IS NOT NULL
       )
       SELECT max(sequence)::float8 AS last, count(*)::int AS count FROM numbered`,
    );
    const [, row] = await Promise.all([locked, moved]);
    return { last: row?.last ?? undefined, more: row?.count === FEED_PAGE };
  }

  /**
   * Revocations after `cursor`, in order, at most `FEED_PAGE`. One statement, so rows and numbering are of one snapshot. A cursor from the
   * future (the database was restored from a backup) reads from the start. `unnumbered`: further ones are committed and not in the feed yet.
   */
  async since(cursor: number): Promise<{ cursor: number; revocations: Revocation[]; unnumbered: boolean }> {
    const rows = await this.database.query<{ head: number; unnumbered: boolean; revocation: Revocation | null }>(
      `SELECT feed.sequence::float8 AS head, EXISTS (SELECT 1 FROM unnumbered_revocations) AS unnumbered,
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
    return {
      cursor: complete ? (rows[0]?.head ?? 0) : last.sequence,
      revocations,
      unnumbered: rows[0]?.unnumbered ?? false,
    };
  }

  /**
   * Deletes expired revocations.
   *
   * @param keepSeconds from now on, for rows of a version that wrote no end
   */
  async prune(keepSeconds: number): Promise<number> {
    await this.database.execute(
      `UPDATE revocations SET expires_at = now() + $1 * interval '1 second' WHERE expires_at IS NULL`,
      [keepSeconds],
    );
    return this.database.execute('DELETE FROM revocations WHERE expires_at < now()');
  }
}
