import { Injectable } from '@nestjs/common';
import { type Logger, Runtime } from '@perennial/runtime';
import type { ClaimedRun } from '../types/run';
import { UserEvents } from '../user-events';
import type { FinishedRun } from './finish.repository';
import { RunMetrics } from './run-metrics';

/** Reports what becomes of runs: figures and log lines for operators, events for the user's sockets. */
@Injectable()
export class RunReports {
  private readonly log: Logger;

  constructor(
    private readonly metrics: RunMetrics,
    private readonly events: UserEvents,
    runtime: Runtime,
  ) {
    this.log = runtime.logger('attempt');
  }

  /** A logger for lines about one run; none of them says whose it is. */
  logger(run: ClaimedRun, provider: string | undefined): Logger {
    const { id, chat_id, message_id, model, epoch } = run;
    return this.log.child({ run_id: id, chat_id, message_id, epoch, model, provider });
  }

  claimed({ epoch }: ClaimedRun): void {
    this.metrics.claimed(epoch);
  }

  /** Postgres has the outcome. */
  ended(run: ClaimedRun, { terminal }: FinishedRun, provider: string | undefined): void {
    const { state, error, finishReason, usage } = terminal;
    this.metrics.ended(state, error?.code ?? finishReason, usage, { model: run.model, provider });
    if (state === 'failed') this.logger(run, provider).warn({ code: error?.code, deaths: run.deaths }, 'run failed');
  }

  /** Tells all tabs of the user that an answer has ended; a run without a chat has none. */
  tellUser(
    { chat_id: chatId, message_id: messageId, user_id: userId }: ClaimedRun,
    { chatActive, chat }: FinishedRun,
  ): void {
    if (chatId && messageId) this.events.ended(userId, chatId, messageId, chatActive, chat);
  }
}
