import { Inject, Injectable } from '@nestjs/common';
import type { runs, RunSnapshot } from '@perennial/contracts-chat';
import { CallError, type CallReply, type Principal } from '@perennial/contracts-kernel';
import { Database } from '@perennial/persistence';
import type { RunIdentity, RunPublisher, RunTerminal } from '@perennial/transport';
import { textOfCheckpoints } from '../generation/recovery';
import { QueuePlacesRepository } from '../ownership/queue-places.repository';
import { RUN_PUBLISHER } from '../run-publisher';
import { type Checkpoint, FIRST_GENERATION } from '../types/run';

interface RunRow {
  identity: RunIdentity;
  state: RunSnapshot['state'];
  encoding: RunSnapshot['encoding'];
  epoch: number;
  terminal: RunTerminal | null;
  /** The final text, once the run is over. */
  text: string | null;
  checkpoints: Checkpoint[] | null;
}

/** Runs as readers see them. */
@Injectable()
export class RunReader {
  constructor(
    private readonly database: Database,
    @Inject(RUN_PUBLISHER) private readonly publisher: RunPublisher,
    private readonly places: QueuePlacesRepository,
  ) {}

  /**
   * A run with its text: the durable stream's while it is running, Postgres's afterwards. `NOT_FOUND` also when it is another user's.
   */
  async snapshot(runId: string, principal: Principal): Promise<RunSnapshot> {
    const row = await this.database.first<RunRow>(SNAPSHOT, [runId, ownerOf(principal), principal.kind === 'service'], {
      name: 'runs.snapshot',
    });
    if (!row) throw new CallError('NOT_FOUND', 'There is no such run. It may have been forgotten.');
    const { identity, state, encoding, epoch, terminal } = row;
    if (terminal) {
      const position = { epoch, generation: terminal.generation, offset: terminal.length };
      return { identity, state, encoding, position, text: row.text ?? '', terminal };
    }
    const live = await this.liveText(runId, row.checkpoints ?? []);
    return {
      identity,
      state,
      encoding,
      position: { epoch, generation: live.generation, offset: live.text.length },
      text: live.text,
    };
  }

  /** The text so far of a run that was running. `ended`: it is over by now, and Postgres has its final text. */
  async liveText(
    runId: string,
    checkpoints: readonly Checkpoint[],
  ): Promise<{ generation: number; text: string; ended?: boolean }> {
    const durable = await this.publisher.read(runId).catch(() => undefined);
    const kept = textOfCheckpoints(checkpoints);
    const generation = durable?.position.generation ?? 0;
    if (
      kept &&
      (kept.generation > generation || (kept.generation === generation && kept.text.length > durable!.text.length))
    ) {
      return kept;
    }
    return durable
      ? { generation, text: durable.text, ended: durable.terminal !== undefined }
      : { generation: FIRST_GENERATION, text: '' };
  }

  /** The runs of a chat that are not over. */
  async active(chatId: string, principal: Principal): Promise<CallReply<typeof runs.active>['runs']> {
    const active = await this.database.query<{ runId: string; messageId: string; waits: boolean }>(
      `SELECT id AS "runId", message_id AS "messageId", state = 'queued' AS waits FROM runs
        WHERE chat_id = $1 AND state IN ('queued', 'running') AND (user_id = $2 OR $3) ORDER BY created_at, id`,
      [chatId, ownerOf(principal), principal.kind === 'service'],
      { name: 'runs.active' },
    );
    const waiting = active.filter(({ waits }) => waits).map(({ runId }) => runId);
    const places = waiting.length > 0 ? await this.places.before(waiting) : undefined;
    return active.map(({ runId, messageId }) => {
      const before = places?.get(runId);
      return { runId, messageId, ...(before !== undefined && { before }) };
    });
  }
}

function ownerOf(principal: Principal): string | null {
  return principal.kind === 'user' ? principal.userId : null;
}

/** An earlier attempt's text is gone once its message is overwritten. */
const SNAPSHOT = `
SELECT jsonb_strip_nulls(jsonb_build_object('runId', r.id, 'userId', r.user_id, 'model', r.model, 'chatId', r.chat_id, 'messageId', r.message_id))
         AS identity,
       r.state, r.encoding, r.epoch, r.terminal,
       CASE WHEN r.terminal IS NULL THEN NULL
            WHEN r.kind = 'completion' OR r.text IS NOT NULL THEN r.text
            WHEN EXISTS (SELECT 1 FROM runs later WHERE later.chat_id = r.chat_id AND later.message_id = r.message_id AND later.attempt > r.attempt)
              THEN ''
            ELSE (SELECT m.content FROM messages m WHERE m.chat_id = r.chat_id AND m.id = r.message_id) END AS text,
       CASE WHEN r.terminal IS NULL THEN
         (SELECT jsonb_agg(jsonb_build_object('generation', generation, 'epoch', epoch, 'start', start, 'text', text)
                           ORDER BY generation, epoch, start) FROM run_checkpoints c WHERE c.run_id = r.id) END AS checkpoints
  FROM runs r
 WHERE r.id = $1 AND (r.user_id = $2 OR $3)`;
