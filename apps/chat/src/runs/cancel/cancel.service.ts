import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@perennial/contracts-kernel';
import { Database, type Tx } from '@perennial/persistence';
import { Notices, type RunPublisher } from '@perennial/transport';
import { OwnershipRepository } from '../ownership/ownership.repository';
import { RunQueue } from '../ownership/run-queue';
import { RUN_PUBLISHER } from '../run-publisher';
import { UserEvents } from '../user-events';
import { type CancelledRun, CancelRepository } from './cancel.repository';
import { RUNS_CANCELLED } from './cancelled.notice';

/** The runs to cancel. */
export type CancelTarget = { runId: string } | { chatId: string } | { userId: string };

/** Cancels runs. The mark in Postgres decides; the notice makes it fast. */
@Injectable()
export class CancelService {
  constructor(
    private readonly database: Database,
    private readonly repository: CancelRepository,
    private readonly ownership: OwnershipRepository,
    private readonly queue: RunQueue,
    private readonly notices: Notices,
    private readonly events: UserEvents,
    @Inject(RUN_PUBLISHER) private readonly publisher: RunPublisher,
  ) {}

  /** @returns the ids of the runs that were still running */
  async cancel(target: CancelTarget, principal: Principal): Promise<string[]> {
    const runs = await this.mark(this.database, target, principal);
    this.tell(runs);
    return runs.map((run) => run.identity.runId);
  }

  /** The same as part of a larger change (a chat is deleted): the owners are notified after the commit. */
  async cancelWithin(tx: Tx, target: CancelTarget, principal: Principal): Promise<void> {
    const runs = await this.mark(tx, target, principal);
    tx.afterCommit(() => this.tell(runs));
  }

  private async mark(db: Database | Tx, target: CancelTarget, principal: Principal): Promise<CancelledRun[]> {
    if ('runId' in target) return this.repository.cancelRun(db, principal, target.runId);
    if ('chatId' in target) return this.repository.cancelChat(db, principal, target.chatId);
    return this.repository.cancelUser(db, target.userId);
  }

  private tell(runs: readonly CancelledRun[]): void {
    const running = runs.filter((run) => run.was === 'running').map((run) => run.identity.runId);
    if (running.length > 0) void this.notices.publish(RUNS_CANCELLED, { runIds: running });
    // The next claimant finds the mark and ends the run with its present text, without calling the provider.
    const requeued = runs.filter((run) => run.was === 'requeued');
    this.queue.enqueue(requeued.map(({ identity, epoch }) => ({ runId: identity.runId, epoch })));
    for (const run of runs) if (run.terminal) void this.end(run);
  }

  private async end({ identity, epoch, terminal }: CancelledRun): Promise<void> {
    if (!terminal) return;
    const { generation, length } = terminal;
    try {
      await this.publisher.publishTerminal(identity, { epoch, generation, offset: length }, terminal);
      await this.ownership.markPublished([identity.runId]);
    } catch {
      // Redis or Postgres is away; the sweeper publishes unpublished ends.
      return;
    }
    if (identity.chatId) this.events.ended(identity.userId, identity.chatId, identity.messageId ?? '', false);
  }
}
