import { Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';
import type { ClaimedRun } from '../types/run';
import { PATH, SELECT_TAKEN } from './taken-run';

/**
 * A run that has seen this many workers die may have killed them. It is claimed by a quarantine process, so that only suspected runs see
 * further deaths.
 */
export const SUSPECT_AFTER_DEATHS = 2;
/**
 * Suspected runs that are written together. If their process dies as well, each of them is written alone. After an outage that killed all
 * workers twice every run is suspected; one after another they would wait for hours.
 */
export const SUSPECTS_TOGETHER = 16;

/** What waits to be claimed. */
export interface WaitingRuns {
  /** Runs that have waited for the given time, counted up to the limit. */
  waiting: number;
  /** A suspected run has waited for a second, so no idle quarantine process has seen it. */
  suspects: boolean;
  /** A run has waited for a second, and this is the one among the writing workers that tells places. */
  places: boolean;
}

/** Chooses the waiting runs that this process writes. Every claim raises the run's epoch, which is its fence. */
@Injectable()
export class ClaimRepository {
  constructor(private readonly database: Database) {}

  /** Runs that have waited for `seconds`, counted up to `limit`, and whether a suspected run waits. */
  async waiting(processId: string, seconds: number, limit: number): Promise<WaitingRuns> {
    const row = await this.database.first<WaitingRuns>(WAITING, [seconds, limit, processId], { name: 'runs.waiting' });
    return row as WaitingRuns;
  }

  /**
   * Claims up to `limit` runs for this process: first those of users with the fewest running answers, then the oldest. Empty when none waits,
   * or when others are claiming all of them at this moment.
   */
  async claim(processId: string, limit: number): Promise<ClaimedRun[]> {
    return this.database.query<ClaimedRun>(CLAIM, [processId, limit], { name: 'runs.claim' });
  }

  /** Claims the oldest suspected runs for a quarantine process. */
  async claimSuspects(processId: string): Promise<ClaimedRun[]> {
    return this.database.query<ClaimedRun>(CLAIM_SUSPECTS, [processId, SUSPECTS_TOGETHER], {
      name: 'runs.claim-suspects',
    });
  }
}

const WAITING = `
SELECT (SELECT count(*)::int
          FROM (SELECT 1 FROM runs
                 WHERE state = 'queued' AND deaths < ${SUSPECT_AFTER_DEATHS} AND queued_at <= now() - $1 * interval '1 second'
                 LIMIT $2) w) AS waiting,
       EXISTS (SELECT 1 FROM runs
                WHERE state = 'queued' AND deaths >= ${SUSPECT_AFTER_DEATHS} AND queued_at <= now() - interval '1 second') AS suspects,
       EXISTS (SELECT 1 FROM runs
                WHERE state = 'queued' AND deaths < ${SUSPECT_AFTER_DEATHS} AND queued_at <= now() - interval '1 second')
         AND $3 = (SELECT r.owner FROM runs r JOIN processes p ON p.id = r.owner
                    WHERE r.state = 'running' AND p.instance NOT LIKE '%-quarantine-%' ORDER BY r.owner LIMIT 1) AS places`;

/** Candidates of a claim, and those of one user among them. Others may be claiming the first ones at this moment. */
const LOOKED_AT = 64;
const LOOKED_AT_PER_USER = 32;

/**
 * Users without a running answer come first, ordered by their oldest run. Only if too few of them wait the claim walks from user to user
 * along the index; then these are no more than the users with running answers.
 */
const FAIREST = `
oldest AS (
  SELECT id, user_id, queued_at FROM runs
   WHERE state = 'queued' AND deaths < ${SUSPECT_AFTER_DEATHS} AND user_id NOT IN (SELECT r.user_id FROM runs r WHERE r.state = 'running')
   ORDER BY queued_at LIMIT ${LOOKED_AT}
),
firsts AS (
  SELECT DISTINCT ON (user_id) id, queued_at FROM oldest ORDER BY user_id, queued_at
),
users (user_id) AS (
  (SELECT user_id FROM runs WHERE state = 'queued' AND (SELECT count(*) FROM firsts) < $2 ORDER BY user_id LIMIT 1)
  UNION ALL
  SELECT (SELECT r.user_id FROM runs r WHERE r.state = 'queued' AND r.user_id > u.user_id ORDER BY r.user_id LIMIT 1)
    FROM users u WHERE u.user_id IS NOT NULL
),
candidates AS (
  SELECT id, 1 AS turn, queued_at FROM firsts WHERE (SELECT count(*) FROM firsts) >= $2
  UNION ALL
  SELECT w.id, l.written + w.place, w.queued_at
    FROM users u
   CROSS JOIN LATERAL (SELECT count(*) AS written FROM runs r WHERE r.user_id = u.user_id AND r.state = 'running') l
   CROSS JOIN LATERAL (
     SELECT r.id, r.queued_at, row_number() OVER (ORDER BY r.queued_at) AS place
       FROM runs r WHERE r.user_id = u.user_id AND r.state = 'queued' AND r.deaths < ${SUSPECT_AFTER_DEATHS}
      ORDER BY r.queued_at LIMIT ${LOOKED_AT_PER_USER}) w
   WHERE u.user_id IS NOT NULL
),
fairest AS (
  SELECT id, turn, queued_at FROM candidates ORDER BY turn, queued_at LIMIT ${LOOKED_AT}
),
chosen AS (
  SELECT r.id FROM fairest f JOIN runs r ON r.id = f.id
   WHERE r.state = 'queued' AND r.deaths < ${SUSPECT_AFTER_DEATHS}
   ORDER BY f.turn, f.queued_at LIMIT $2 FOR UPDATE OF r SKIP LOCKED
)`;

const SUSPECTED = `
eldest AS (
  SELECT id, deaths FROM runs WHERE state = 'queued' AND deaths >= ${SUSPECT_AFTER_DEATHS} ORDER BY queued_at LIMIT 1 FOR UPDATE SKIP LOCKED
),
chosen AS (
  SELECT r.id FROM runs r, eldest e
   WHERE r.state = 'queued' AND r.deaths >= ${SUSPECT_AFTER_DEATHS}
     AND (r.id = e.id OR (r.deaths = ${SUSPECT_AFTER_DEATHS} AND e.deaths = ${SUSPECT_AFTER_DEATHS}))
   ORDER BY r.queued_at LIMIT $2 FOR UPDATE OF r SKIP LOCKED
)`;

/** Claim, history, stored text and pending titles, in one statement. */
const claimOf = (chosen: string): string => `
WITH RECURSIVE ${chosen.trim()},
taken AS (
  UPDATE runs r
     SET state = 'running', owner = $1, epoch = r.epoch + 1, started_at = coalesce(r.started_at, now())
    FROM chosen
   WHERE r.id = chosen.id AND EXISTS (SELECT 1 FROM processes p WHERE p.id = $1)
  RETURNING r.*
),
heads AS (
  SELECT t.id AS run_id, t.chat_id, m.id, m.parent_id, m.role, m.content, m.content_parts, m.extra->'files' AS files
    FROM taken t JOIN messages m ON m.chat_id = t.chat_id AND m.id = t.parent_message_id
),
${PATH.trim()},
texts AS (
  SELECT c.* FROM taken t JOIN run_checkpoints c ON c.run_id = t.id
),
title AS (
  UPDATE side_effects s SET state = 'begun', owner = $1, tries = s.tries + 1
    FROM taken t
   WHERE s.run_id = t.id AND s.state <> 'done' AND (s.owner IS NULL OR NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = s.owner))
  RETURNING s.run_id, s.key, s.payload, s.tries, s.user_id, s.chat_id
)
${SELECT_TAKEN.trim()}`;

const CLAIM = claimOf(FAIREST);
const CLAIM_SUSPECTS = claimOf(SUSPECTED);
