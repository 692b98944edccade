import { Injectable } from '@nestjs/common';
import type { ChatListItem } from '@perennial/contracts-chat';
import { CallError, reasoningItem, splitThoughts } from '@perennial/contracts-kernel';
import { Database } from '@perennial/persistence';
import type { RunTerminal } from '@perennial/transport';
import type { CheckpointRow } from '../ownership/ownership.repository';
import { CHAT_LIST_ITEM } from '../types/chat-list-item';
import { jsonb } from '../types/json';
import type { ClaimedEffect, Outcome, ProviderEnd, RunClaim } from '../types/run';

export interface FinishedRun {
  terminal: RunTerminal;
  /** Another answer of the same chat is still being written. */
  chatActive: boolean;
  /** The chat as the list has it now; undefined when it is not known, or was deleted. */
  chat?: ChatListItem;
  /** What this process has to make now, if the turn wanted it. */
  followUps?: Omit<ClaimedEffect, 'kind' | 'principal' | 'traceparent'>;
}

interface EndedRow {
  terminal: RunTerminal;
  chat_active: boolean;
  chat: ChatListItem | null;
  follow_ups: FinishedRun['followUps'] | null;
}

/**
 * How long a finish waits for a locked row, as Postgres' `lock_timeout`: before anything is recorded, and afterwards.
 */
const AT_ONCE = '200ms';
const FOR_LONG = '0';

/** The provider's end, and the text that is not yet in Postgres. */
export interface Recording {
  end: ProviderEnd;
  rest: readonly CheckpointRow[];
}

/** The end of a run, in Postgres. */
@Injectable()
export class FinishRepository {
  constructor(private readonly database: Database) {}

  /**
   * Final text, state and terminal event in one statement. An earlier requested stop wins over a completion. If this cannot be done at once
   * (a row is locked, Postgres refuses the text), the provider's end is recorded first: a claimant finds it and does not call the provider
   * again. Undefined: the run belongs to another owner.
   */
  async finish(
    claim: RunClaim,
    outcome: Outcome,
    generation: number,
    text: string,
    record?: Recording,
  ): Promise<FinishedRun | undefined> {
    const terminal = { ...outcome, generation, length: text.length };
    // A message stores its answer separately from its thoughts.
    const { thoughts, answer } = splitThoughts(text);
    const params = [
      claim.runId,
      claim.owner,
      claim.epoch,
      outcome.state,
      jsonb(terminal),
      text,
      outcome.usage ? jsonb(outcome.usage) : null,
      outcome.error ? jsonb({ content: outcome.error.message, code: outcome.error.code }) : null,
      answer,
      thoughts === '' ? null : jsonb([reasoningItem(claim.runId, thoughts, 'completed')]),
    ];
    const row = record ? await this.atOnce(claim, params, record) : await this.end(params, FOR_LONG);
    if (row) {
      const { terminal: stored, chat_active: chatActive, chat, follow_ups: followUps } = row;
      return {
        terminal: stored,
        chatActive,
        ...(chat && { chat: { ...chat, active: chatActive } }),
        ...(followUps && { followUps }),
      };
    }
    return this.finishedBefore(claim);
  }

  private async atOnce(claim: RunClaim, params: unknown[], record: Recording): Promise<EndedRow | undefined> {
    try {
      return await this.end(params, AT_ONCE);
    } catch (error) {
      // If Postgres is away it cannot record anything either.
      if (error instanceof CallError) throw error;
    }
    await this.database.execute(RECORD_END, recordParams(claim, record), { name: 'runs.record-end' });
    return this.end(params, FOR_LONG);
  }

  private end(params: unknown[], patience: string): Promise<EndedRow | undefined> {
    return this.database.first<EndedRow>(FINISH, [...params, patience], { name: 'runs.finish' });
  }

  /** The commit may have succeeded while its reply was lost. */
  private async finishedBefore(claim: RunClaim): Promise<FinishedRun | undefined> {
    const row = await this.database.first<{ terminal: RunTerminal }>(
      'SELECT terminal FROM runs WHERE id = $1 AND owner = $2 AND epoch = $3 AND terminal IS NOT NULL',
      [claim.runId, claim.owner, claim.epoch],
    );
    return row && { terminal: row.terminal, chatActive: false };
  }
}

function recordParams(claim: RunClaim, { end, rest }: Recording): unknown[] {
  return [
    claim.runId,
    claim.owner,
    claim.epoch,
    jsonb(end),
    rest.map((piece) => piece.generation),
    rest.map((piece) => piece.start),
    rest.map((piece) => piece.text),
  ];
}

const RECORD_END = `
WITH mine AS (
  UPDATE runs SET provider_end = $4 WHERE id = $1 AND owner = $2 AND epoch = $3 AND state = 'running' RETURNING id
)
INSERT INTO run_checkpoints (run_id, generation, epoch, start, text)
SELECT mine.id, i.generation, $3, i.start, i.text
  FROM mine, unnest($5::int[], $6::int[], $7::text[]) AS i (generation, start, text)
ON CONFLICT DO NOTHING`;

const FINISH = `
WITH ended AS (
  UPDATE runs r
     SET state = CASE WHEN r.cancel_requested_at IS NULL THEN $4 ELSE 'cancelled' END,
         terminal = CASE WHEN r.cancel_requested_at IS NULL THEN $5::jsonb ELSE ($5::jsonb - 'error') || '{"state": "cancelled"}' END
                    || coalesce((SELECT jsonb_build_object('title', c.title) FROM chats c WHERE c.id = r.chat_id), '{}'),
         -- A turn's text is its message's, unless that has only a part of it.
         text = CASE WHEN r.kind = 'completion' OR $10::jsonb IS NOT NULL THEN $6 END,
         -- What a turn's documents said is its message's from now on.
         documents = CASE WHEN r.kind = 'completion' THEN r.documents END,
         -- The owner stays: it says whose end this is.
         ended_at = now()
   WHERE r.id = $1 AND r.owner = $2 AND r.epoch = $3 AND r.state = 'running' AND set_config('lock_timeout', $11, true) IS NOT NULL
  RETURNING r.id, r.user_id, r.chat_id, r.message_id, r.parent_message_id, r.model, r.request, r.state, r.terminal
),
message AS (
  UPDATE messages m
     -- An answer that is continued keeps what it thought before.
     SET content = $9, output = coalesce(m.output || $10::jsonb, $10::jsonb, m.output), done = true, usage = $7::jsonb,
         error = CASE WHEN ended.state = 'failed' THEN $8::jsonb END,
         extra = CASE WHEN ended.state = 'completed' THEN m.extra ELSE m.extra || '{"incomplete": true}' END, updated_at = now()
    FROM ended WHERE m.chat_id = ended.chat_id AND m.id = ended.message_id
),
chat AS (
  -- Not now(), when this began: a change by the owner that came since would make the answer look read.
  UPDATE chats c SET updated_at = clock_timestamp() FROM ended WHERE c.id = ended.chat_id RETURNING ${CHAT_LIST_ITEM}
),
follow_ups AS (
  -- The key says what it is; the column has a constraint, which only the next version may change.
  INSERT INTO side_effects (key, kind, run_id, user_id, chat_id, payload, state, owner, tries)
  SELECT 'follow_ups:' || ended.id, 'title', ended.id, ended.user_id, ended.chat_id,
         jsonb_build_object('messageId', ended.message_id, 'modelId', ended.model,
                            -- A process of the version before takes what it claims for a title, and needs its text.
                            'text', coalesce((SELECT left(q.content, 2000) FROM messages q
                                               WHERE q.chat_id = ended.chat_id AND q.id = ended.parent_message_id), '')),
         'begun', $2, 1
    FROM ended WHERE ended.state = 'completed' AND ended.chat_id IS NOT NULL AND ended.request ? 'followUps'
  ON CONFLICT (key) DO NOTHING
  RETURNING key, tries, payload, user_id, chat_id
),
checkpoints AS (
  DELETE FROM run_checkpoints k USING ended WHERE k.run_id = ended.id
)
SELECT ended.terminal,
       EXISTS (SELECT 1 FROM runs r WHERE r.chat_id = ended.chat_id AND r.id <> ended.id AND r.state IN ('queued', 'running')) AS chat_active,
       (SELECT to_jsonb(chat) FROM chat) AS chat,
       (SELECT to_jsonb(follow_ups.*) FROM follow_ups) AS follow_ups
  FROM ended`;
