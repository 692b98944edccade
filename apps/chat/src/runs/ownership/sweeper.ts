import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import type { RunPublisher } from '@perennial/transport';
import { sweep } from '@perennial/work';
import { RUN_PUBLISHER } from '../run-publisher';
import { UserEvents } from '../user-events';
import { OwnershipRepository } from './ownership.repository';
import { PruneRepository } from './prune.repository';
import { RunQueue } from './run-queue';

const PRUNE_MS = 60_000;
const UNPUBLISHED_BATCH = 100;
/** The owner publishes at once; a sweeper only acts if it did not. */
const UNPUBLISHED_AFTER_S = 3;

/**
 * Repairs the effects of crashes and of an emptied Redis: runs whose owner is not registered, and unpublished ends. Every process sweeps; the
 * statements do not conflict.
 */
@Injectable()
export class Sweeper {
  constructor(
    private readonly repository: OwnershipRepository,
    private readonly pruning: PruneRepository,
    private readonly queue: RunQueue,
    private readonly events: UserEvents,
    @Inject(RUN_PUBLISHER) private readonly publisher: RunPublisher,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {}

  start(): void {
    sweep(this.runtime, this.queue, 'sweep runs', () => this.sweep());
    this.runtime.every(PRUNE_MS, () => this.pruning.prune(), { name: 'prune runs', jitter: 0.5 });
  }

  private async sweep(): Promise<void> {
    this.queue.enqueue(await this.repository.requeueOrphans());
    await this.publishEnds();
  }

  private async publishEnds(): Promise<void> {
    const runs = await this.repository.unpublished(UNPUBLISHED_AFTER_S, UNPUBLISHED_BATCH);
    const published: string[] = [];
    for (const { identity, epoch, terminal } of runs) {
      const { generation, length } = terminal;
      try {
        await this.publisher.publishTerminal(identity, { epoch, generation, offset: length }, terminal);
      } catch {
        // Redis is away: the rest of the batch would fail too, and the next sweep retries it.
        break;
      }
      published.push(identity.runId);
      if (identity.chatId) this.events.ended(identity.userId, identity.chatId, identity.messageId ?? '', false);
    }
    if (published.length > 0) await this.repository.markPublished(published);
  }
}
