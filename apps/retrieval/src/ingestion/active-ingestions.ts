import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { type ActiveItem, ActiveWork, type Fence, observeBacklog, stopError, type StopReason } from '@perennial/work';
import { type IngestionJob, IngestionQueue } from '../files/ingestion-queue';
import type { ClaimedFile } from './claimed-file';
import { type Claimable, IngestionRepository } from './ingestion.repository';
import { IngestionProcesses } from './ingestion-processes';

/** Work on a file of this process; `giveUp` ends it with a reason, which it then throws. */
export type IngestionWork = (file: ClaimedFile, signal: AbortSignal, giveUp: (reason: Error) => void) => Promise<void>;

class ActiveIngestion implements ActiveItem {
  readonly over: Promise<void>;
  readonly abort = new AbortController();
  end = (): void => undefined;

  constructor(readonly file: ClaimedFile) {
    this.over = new Promise((resolve) => (this.end = resolve));
  }

  get id(): string {
    return this.file.id;
  }

  get epoch(): number {
    return this.file.epoch;
  }

  stop(reason: StopReason): void {
    this.abort.abort(stopError(reason));
  }
}

/** The files that this process ingests. */
@Injectable()
export class ActiveIngestions {
  private readonly work: ActiveWork<ActiveIngestion, Fence, IngestionJob>;
  private readonly claiming = new Set<string>();

  constructor(
    private readonly repository: IngestionRepository,
    private readonly processes: IngestionProcesses,
    queue: IngestionQueue,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.work = new ActiveWork({
      name: 'files',
      runtime,
      registry: processes,
      queue,
      store: {
        owned: (processId) => repository.owned(processId),
        release: (processId, fences) => repository.release(processId, fences),
      },
    });
    runtime.status.provide({ runs: () => this.work.size });
    const help =
      'Files that are not ingested yet, by state, in the whole installation; exported by one of its processes';
    const backlog = observeBacklog(runtime.metrics, 'ingestion', () => repository.backlog(processes.id));
    runtime.metrics.gauge('ingestions', help, ['state'], backlog);
  }

  start(): void {
    this.work.start();
  }

  get leaving(): boolean {
    return this.work.leaving;
  }

  /** Claims the file, if possible, and holds it while `work` runs. */
  async hold(fileId: string, claimable: Claimable, work: IngestionWork): Promise<void> {
    await this.outdated(fileId);
    if (this.leaving || this.claiming.has(fileId) || this.work.get(fileId)) return;
    const ingestion = await this.claim(fileId, claimable);
    if (!ingestion) return;
    const { file, abort } = ingestion;
    try {
      await work(file, abort.signal, (reason) => abort.abort(reason));
    } finally {
      // Removed before those who wait for its end continue.
      this.work.remove(ingestion);
      ingestion.end();
    }
  }

  /** Stops all active files where they are and releases them. Resolves when that is done, or at the deadline. */
  handOver(deadlineAt: number, signal: AbortSignal): Promise<void> {
    return this.work.handOver(performance.now(), deadlineAt, signal);
  }

  private async claim(fileId: string, claimable: Claimable): Promise<ActiveIngestion | undefined> {
    this.claiming.add(fileId);
    try {
      return await this.work.whileClaiming(async () => {
        const file = await this.repository.claim(fileId, this.processes.id, claimable);
        if (!file) return undefined;
        const ingestion = new ActiveIngestion(file);
        this.work.add(ingestion);
        return ingestion;
      });
    } finally {
      this.claiming.delete(fileId);
    }
  }

  /** A job for an active file: it may have been replaced, and the present work may be useless. */
  private async outdated(fileId: string): Promise<void> {
    const ingestion = this.work.get(fileId);
    if (!ingestion) return;
    await this.work.look();
    if (ingestion.abort.signal.aborted) await ingestion.over;
  }
}
