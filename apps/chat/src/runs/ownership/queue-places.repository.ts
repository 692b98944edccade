import { Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';
import { SUSPECT_AFTER_DEATHS } from './claim.repository';

/** Seconds of waiting after which people are told their place. */
export const TOLD_AFTER_S = 1;

/** A run that waits, and how many others are claimed before it as things are. */
export interface QueuePlace {
  runId: string;
  userId: string;
  chatId: string;
  messageId: string;
  before: number;
}

/** Reads the places of waiting runs, in the order of the claim: users with the fewest running answers first, then the oldest run. */
@Injectable()
export class QueuePlacesRepository {
  constructor(private readonly database: Database) {}

  /** The first places of turns, up to `limit`, of those that have waited for `TOLD_AFTER_S`; the first place first. */
  async first(limit: number): Promise<QueuePlace[]> {
    return this.database.query<QueuePlace>(
      `${PLACES}
       SELECT ${COLUMNS} FROM places WHERE chat_id IS NOT NULL AND queued_at <= now() - interval '${TOLD_AFTER_S} second'
        ORDER BY before LIMIT $1`,
      [limit],
      { name: 'runs.places' },
    );
  }

  /** How many runs are before these, by id; runs that do not wait are left out. */
  async before(runIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.query<QueuePlace>(
      `${PLACES} SELECT ${COLUMNS} FROM places WHERE id = ANY ($1::uuid[])`,
      [runIds],
      { name: 'runs.places-of' },
    );
    return new Map(rows.map(({ runId, before }) => [runId, before]));
  }
}

const COLUMNS = `id AS "runId", user_id AS "userId", chat_id AS "chatId", message_id AS "messageId", before`;

/** As `ClaimRepository` chooses. The queue is bounded (`MAX_QUEUED_RUNS`), and so is this. */
const PLACES = `
WITH waiting AS (
  SELECT id, user_id, chat_id, message_id, queued_at, row_number() OVER (PARTITION BY user_id ORDER BY queued_at) AS own
    FROM runs WHERE state = 'queued' AND deaths < ${SUSPECT_AFTER_DEATHS}
),
written AS (
  SELECT user_id, count(*) AS written FROM runs WHERE state = 'running' GROUP BY user_id
),
places AS (
  SELECT w.*, (row_number() OVER (ORDER BY coalesce(l.written, 0) + w.own, w.queued_at) - 1)::int AS before
    FROM waiting w LEFT JOIN written l ON l.user_id = w.user_id
)`;
