import { Inject, Injectable } from '@nestjs/common';
import { type Interval, Runtime } from '@perennial/runtime';
import { type ActiveItem, ActiveWork, type Fence, stopError, type StopReason } from '@perennial/work';
import { isWorker, RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { IngestionProcesses } from '../ingestion/ingestion-processes';
import type { ClaimedSource } from './source-row';
import { SourceSync } from './source-sync';
import { SourceWorkRepository } from './source-work.repository';

/** Interval of the look for sources that are due, or whose owner is dead. */
const LOOK_MS = 2_000;

class ActiveSource implements ActiveItem {
  readonly over: Promise<void>;
  readonly abort = new AbortController();
  end = (): void => undefined;

  constructor(readonly source: ClaimedSource) {
    this.over = new Promise((resolve) => (this.end = resolve));
  }

  get id(): string {
    return this.source.id;
  }

  get epoch(): number {
    return this.source.epoch;
  }

  stop(reason: StopReason): void {
    this.abort.abort(stopError(reason));
  }
}

/**
 * The sources that this process reads. It owns them as it owns files: by the same row of `processes` and the same comparison each second. There
 * are no jobs in Redis for them: sources are few, and seconds do not matter.
 */
@Injectable()
export class ActiveSources {
  private readonly work: ActiveWork<ActiveSource, Fence, Fence>;
  private readonly log;
  private looking?: Interval;
  /** Claims after which Postgres may know of a source of this process that it does not know itself, and those that were compared since. */
  private doubts = 1;
  private compared = 0;

  constructor(
    private readonly repository: SourceWorkRepository,
    private readonly sync: SourceSync,
    private readonly processes: IngestionProcesses,
    @Inject(Runtime) private readonly runtime: Runtime,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {
    this.log = runtime.logger('sources');
    this.work = new ActiveWork({
      name: 'sources',
      runtime,
      registry: processes,
      queue: { enqueue: () => this.looking?.trigger() },
      store: {
        owned: (processId, items) => this.owned(processId, items.length),
        release: (processId, fences) => repository.release(processId, fences),
      },
    });
  }

  start(): void {
    if (!isWorker(this.env) || this.env.SOURCE_CONCURRENCY === 0) return;
    this.work.start();
    this.looking = this.runtime.every(LOOK_MS, () => this.look(), { name: 'read sources of bases', jitter: 0.3 });
    // Before the drain of the ingestions, which ends with this process's registration.
    this.runtime.drain.add('intake', 'hand the sources over', ({ remainingMs, signal }) => {
      const now = performance.now();
      return this.work.handOver(now, now + remainingMs / 2, signal);
    });
  }

  /** An idle process asks nothing. */
  private async owned(processId: string, held: number): Promise<Fence[]> {
    const { doubts } = this;
    if (held === 0 && this.compared === doubts) return [];
    const owned = await this.repository.owned(processId);
    if (owned.length === 0) this.compared = doubts;
    return owned;
  }

  private async look(): Promise<void> {
    while (this.work.size < this.env.SOURCE_CONCURRENCY && !this.work.leaving && this.processes.id !== '') {
      const active = await this.work.whileClaiming(() => this.claim());
      if (!active) return;
      void this.hold(active);
    }
  }

  private async claim(): Promise<ActiveSource | undefined> {
    this.doubts += 1;
    const source = await this.repository.claim(this.processes.id);
    if (!source) {
      this.doubts -= 1;
      return undefined;
    }
    const active = new ActiveSource(source);
    this.work.add(active);
    return active;
  }

  private async hold(active: ActiveSource): Promise<void> {
    try {
      await this.sync.turn(active.source, active.abort.signal);
    } catch (error) {
      // Postgres is away: the comparison releases it as a stray, or another process claims it.
      this.log.warn({ err: error, source_id: active.id }, 'failed to release a source');
    } finally {
      this.work.remove(active);
      active.end();
      this.looking?.trigger();
    }
  }
}
