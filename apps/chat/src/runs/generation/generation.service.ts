import { Injectable } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { isRedisUnavailable, isReplyError } from '@perennial/transport';
import { DocumentsService } from '../documents/documents.service';
import { AttemptTools } from './attempt-tools';
import { Attempt } from './attempt';
import { HeldRuns } from './held-runs';
import { ProcessRegistry } from '../ownership/process-registry';
import { RunQueue } from '../ownership/run-queue';
import { TitleService } from '../title/title.service';

/** Takes runs and writes their answers. */
@Injectable()
export class GenerationService {
  #refuses = false;

  constructor(
    private readonly tools: AttemptTools,
    private readonly held: HeldRuns,
    private readonly registry: ProcessRegistry,
    private readonly queue: RunQueue,
    private readonly titles: TitleService,
    private readonly documents: DocumentsService,
  ) {}

  /** From now on no run is taken. */
  refuse(): void {
    this.#refuses = true;
  }

  /** Takes the run, if it is to be had, and writes it to its end. A run that a living process owns is left alone. */
  async work(runId: string): Promise<void> {
    if (this.held.has(runId)) return;
    // The job is gone with this, the run stays queued: another worker's sweeper finds it.
    if (this.#refuses) throw new CallError('UNAVAILABLE', 'This worker takes no more runs.');
    const attempt = await this.held.whileTaking(runId, () => this.#take(runId));
    if (!attempt) return;
    try {
      await attempt.perform();
    } catch (error) {
      await this.#giveBack(attempt, !passes(error));
      throw error;
    } finally {
      this.held.remove(attempt);
    }
  }

  async #take(runId: string): Promise<Attempt | undefined> {
    const owner = this.registry.id;
    const run = await this.tools.store.ownership.take(runId, owner);
    if (!run) return undefined;
    const attempt = new Attempt(run, owner, this.tools, this.documents);
    this.held.add(attempt);
    if (run.title && !run.cancelled) {
      const { principal, traceparent } = run;
      this.titles.begin({ ...run.title, principal, traceparent }, attempt.over);
    }
    return attempt;
  }

  /** Begun and not brought to an end: another worker, or this one, tries again. `broke`: not because a store was away. */
  async #giveBack({ runId, epoch }: Attempt, broke: boolean): Promise<void> {
    const { ownership } = this.tools.store;
    const released = await ownership.release(this.registry.id, [{ runId, epoch }], broke).catch(() => []);
    // Where the release failed as well, the next tick finds the run among those that memory does not know.
    if (released.length > 0) setTimeout(() => this.queue.enqueue(released), 500).unref();
  }
}

/** A store that is away or says "not now"; anything else may be the run itself, and is tried only so often. */
function passes(error: unknown): boolean {
  return error instanceof CallError || isRedisUnavailable(error) || isReplyError(error);
}
