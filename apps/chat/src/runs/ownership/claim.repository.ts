import { Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';
import type { ClaimedRun } from '../types/run';
import { PATH, SELECT_TAKEN } from './taken-run';

/**
 * A run that has seen so many workers die is suspected of having ended them. It is claimed by a process that writes nothing else, so
 * that only suspects see further deaths.
 */
export const SUSPECT_AFTER_DEATHS = 2;
/**
 * Suspects that are written together. When their process dies as well, each of them is written alone. After an outage that took all
 * workers twice every run is a suspect; one after the other they would wait for hours.
 */
export const SUSPECTS_TOGETHER = 16;

/** What waits to be claimed. */
export interface WaitingRuns {
  /** Runs that have waited for the given time, counted up to the limit. */
  waiting: number;
  /** A suspect has waited for a second: no process for suspects that has nothing to do has seen it. */
  suspects: boolean;
}

/** Chooses which waiting runs this process writes. Every claim raises the run's epoch, which is its fence. */
@Injectable()
export class ClaimRepository {
  constructor(private readonly database: Database) {}

  /** Which runs have waited for `seconds`, counted up to `limit`, and whether a suspect waits. */
  async waiting(seconds: number, limit: number): Promise<WaitingRuns> {
    const row = await this.database.first<WaitingRuns>(WAITING, [seconds, limit], { name: 'runs.waiting' });
    return row as WaitingRuns;
  }

  /**
   * Claims up to `limit` runs for this process: first those of the users for whom the fewest answers are being written, then the oldest.
   * Empty when none waits, or when all that wait are being claimed by others at this moment.
   */
  async claim(processId: string, limit: number): Promise<ClaimedRun[]> {
    return this.database.query<ClaimedRun>(CLAIM, [processId, limit], { name: 'runs.claim' });
  }

  /** Claims the oldest suspects for a process that writes nothing else. */
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
                WHERE state = 'queued' AND deaths >= ${SUSPECT_AFTER_DEATHS} AND queued_at <= now() - interval '1 second') AS suspects`;

/** Runs between which a claim chooses, and those of one user among them. Others may be claiming the first of them at this moment. */
const LOOKED_AT = 64;
const LOOKED_AT_PER_USER = 32;

/**
 * Users for whom nothing is written come first, the oldest of their runs before all. Only where too few of them wait does the claim walk
 * from user to user along the index; those are no more than the users for whom something is written.
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

/** Claim, history, kept text and the titles that are still to be made, in one statement. */
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
