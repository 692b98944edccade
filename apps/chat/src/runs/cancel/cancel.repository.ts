import { Injectable } from '@nestjs/common';
import type { Principal } from '@perennial/contracts-kernel';
import type { Queryable } from '@perennial/persistence';
import type { RunIdentity, RunTerminal } from '@perennial/transport';
import { FIRST_GENERATION } from '../types/run';

export interface CancelledRun {
  identity: RunIdentity;
  epoch: number;
  /** `queued`: it was never claimed and is over now. `requeued`: it has text, and its next owner ends it. */
  was: 'queued' | 'requeued' | 'running';
  terminal: RunTerminal | null;
}

/** A run that continues an answer has text from the beginning. */
const NEVER_BEGUN = `r.state = 'queued' AND r.epoch = 0 AND NOT r.request ? 'continues'`;

/**
 * Marks runs as cancelled. Runs that were never claimed end at once; the others are ended by their owner, who has the text.
 */
@Injectable()
export class CancelRepository {
  async cancelRun(db: Queryable, principal: Principal, runId: string): Promise<CancelledRun[]> {
    return this.cancel(db, 'r.id = $1', [runId], principal);
  }

  async cancelChat(db: Queryable, principal: Principal, chatId: string): Promise<CancelledRun[]> {
    return this.cancel(db, 'r.chat_id = $1', [chatId], principal);
  }

  /** Every run of a deleted user. */
  async cancelUser(db: Queryable, userId: string): Promise<CancelledRun[]> {
    return this.cancel(db, 'r.user_id = $1', [userId], { kind: 'service', name: 'chat' });
  }

  private async cancel(db: Queryable, which: string, params: unknown[], principal: Principal): Promise<CancelledRun[]> {
    const whose = principal.kind === 'service' ? '' : `AND r.user_id = $2`;
    if (principal.kind !== 'service') params.push(principal.kind === 'user' ? principal.userId : null);
    return db.query<CancelledRun>(
      `WITH cancelled AS (
         UPDATE runs r
            SET cancel_requested_at = coalesce(r.cancel_requested_at, now()),
                state = CASE WHEN ${NEVER_BEGUN} THEN 'cancelled' ELSE r.state END,
                ended_at = CASE WHEN ${NEVER_BEGUN} THEN now() END,
                terminal = CASE WHEN ${NEVER_BEGUN}
                  THEN '{"state": "cancelled", "generation": ${FIRST_GENERATION}, "length": 0}'::jsonb END
          WHERE ${which} ${whose} AND r.state IN ('queued', 'running')
         RETURNING r.*
       ),
       marked AS (
         UPDATE messages m SET done = true, extra = m.extra || '{"incomplete": true}', updated_at = now()
           FROM cancelled c WHERE c.terminal IS NOT NULL AND m.chat_id = c.chat_id AND m.id = c.message_id
       )
       SELECT jsonb_strip_nulls(jsonb_build_object('runId', id, 'userId', user_id, 'model', model, 'chatId', chat_id, 'messageId', message_id))
                AS identity,
              epoch, terminal,
              CASE WHEN terminal IS NOT NULL THEN 'queued' WHEN state = 'queued' THEN 'requeued' ELSE 'running' END AS was
         FROM cancelled`,
      params,
    );
  }
}
