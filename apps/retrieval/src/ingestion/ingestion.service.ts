import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { context, SpanKind } from '@opentelemetry/api';
import { extractTrace, inSpan, type Logger, Runtime, SPAN_IDS } from '@perennial/runtime';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { FileProgress } from '../files/progress.service';
import { IndexCatalog } from '../search-index/index-catalog';
import { IndexFiller } from '../search-index/index-filler';
import { SettingsKeeper } from '../settings/settings-keeper';
import { ActiveIngestions } from './active-ingestions';
import { ChunkStep } from './chunk-step';
import { type ClaimedFile, FileLostError, OutOfTurnError } from './claimed-file';
import { type IngestionFault, type Reason, toIngestionFault } from './faults';
import { IndexStep } from './index-step';
import { IngestionTools } from './ingestion-tools';
import { SlowLane } from './slow-lane';

/** Minimum interval of progress notices of a file. */
const PROGRESS_MS = 250;
/** The first pause after an ingestion failed; doubled each time. */
const FIRST_BACKOFF_S = 1;
const MAX_BACKOFF_S = 60;
/** How often a paused worker checks whether it may continue, after a new key of the embedder or a retry. */
const PAUSE_LOOK_MS = 250;

/**
 * Ingests one file: claim, chunks, vectors, points, switch. Steps that an earlier attempt has finished are not repeated.
 */
@Injectable()
export class IngestionService {
  private readonly log: Logger;
  private readonly seconds;
  /** A store is away: no file is started before this time, in milliseconds of `performance.now()`. */
  private pausedUntil = 0;

  constructor(
    private readonly tools: IngestionTools,
    private readonly active: ActiveIngestions,
    private readonly chunkStep: ChunkStep,
    private readonly indexStep: IndexStep,
    private readonly filler: IndexFiller,
    private readonly lane: SlowLane,
    private readonly catalog: IndexCatalog,
    private readonly settings: SettingsKeeper,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.log = runtime.logger('ingestion');
    this.seconds = runtime.metrics.histogram('ingestion_seconds', 'Duration of attempts to ingest a file', ['outcome']);
  }

  /**
   * Resolves when the file's turn is over: it is completed, failed or released, could not be claimed, or continues in the slow lane.
   */
  async work(fileId: string): Promise<void> {
    await this.pause();
    await new Promise<void>((resolve, reject) => {
      this.ingestOnce(fileId, resolve).then(resolve, (error: Error) => {
        // Its turn may be over already, and then the rejection has no handler.
        this.log.warn({ err: error, file_id: fileId }, 'failed to release a file');
        reject(error);
      });
    });
  }

  /**
   * Ingests a file with which workers have died. For a process without other files: a further death then has one possible cause.
   *
   * @returns whether there was one
   */
  async workOnSuspect(): Promise<boolean> {
    await this.pause();
    const fileId = await this.tools.repository.nextSuspect();
    if (fileId === undefined) return false;
    await this.active.hold(fileId, { suspect: true, slow: true }, (file, signal) => this.traced(file, signal));
    return true;
  }

  private async ingestOnce(fileId: string, onLane: () => void): Promise<void> {
    let wasSlow = false;
    await this.active.hold(fileId, { suspect: false, slow: this.lane.isFree }, async (file, signal, giveUp) => {
      const turn = {
        onLane: () => {
          wasSlow = true;
          onLane();
        },
        onRefused: () => giveUp(new OutOfTurnError()),
      };
      await this.lane.run(file, turn, () => this.traced(file, signal));
    });
    if (wasSlow) await this.nextSlow();
  }

  private async nextSlow(): Promise<void> {
    if (this.active.leaving) return;
    const next = await this.tools.repository.nextSlow();
    if (next) this.tools.queue.enqueueAgain([next]);
  }

  private traced(file: ClaimedFile, signal: AbortSignal): Promise<void> {
    const parent = file.traceparent === null ? context.active() : extractTrace({ traceparent: file.traceparent });
    const attributes = { [SPAN_IDS.file]: file.id, 'perennial.file.epoch': file.epoch };
    return inSpan('ingestion attempt', { kind: SpanKind.CONSUMER, attributes, parent }, () =>
      this.attempt(file, signal),
    );
  }

  private async attempt(file: ClaimedFile, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const observe = (outcome: string) => this.seconds.observe({ outcome }, (performance.now() - startedAt) / 1_000);
    try {
      if (file.attempts >= this.env.MAX_INGESTION_ATTEMPTS) {
        await this.giveUp(file, {
          code: 'TOO_MANY_ATTEMPTS',
          message: `Processing failed ${file.attempts} times; the last attempt ended without an error.`,
        });
        return observe('failed');
      }
      await this.ingest(file, signal);
      observe('completed');
    } catch (error) {
      // Aborted work may throw any error; the signal's reason counts.
      const fault = toIngestionFault(signal.aborted ? signal.reason : error);
      observe(fault.kind);
      await this.settle(file, fault, error);
    }
  }

  private async ingest(file: ClaimedFile, signal: AbortSignal): Promise<void> {
    const { repository } = this.tools;
    const notify = this.notifier(file);
    const isReplaced = file.liveGeneration !== null && file.liveGeneration !== file.generation;
    if (isReplaced && (await this.indexes())) await this.filler.fillLive(file.id, signal);
    let total = file.chunkCount;
    if (total === null) {
      notify('extract', 0, 0);
      total = await this.chunkStep.run(file, signal);
    }
    const chunks = total;
    for (;;) {
      const indexes = await this.indexes();
      if (indexes) await this.indexStep.run(file, signal, (step, done) => notify(step, done, chunks));
      signal.throwIfAborted();
      const row = await repository.finish(file, { indexes });
      // Undefined: since the points were written the file was added elsewhere, or another index became active.
      if (row) return this.tools.progress.changed(row);
    }
  }

  /** False: searches read whole texts only. */
  private async indexes(): Promise<boolean> {
    return !(await this.settings.current()).retrieval.BYPASS_EMBEDDING_AND_RETRIEVAL;
  }

  private async settle(file: ClaimedFile, fault: IngestionFault, error: unknown): Promise<void> {
    const { repository, queue } = this.tools;
    switch (fault.kind) {
      case 'lost':
        return;
      case 'handed-over':
        return queue.enqueue(await repository.release([file]));
      case 'out-of-turn':
        // A file that leaves a slow lane fetches the next one.
        await repository.release([file], { slow: true });
        return;
      case 'wait':
        this.log.warn({ file_id: file.id, code: fault.reason.code, reason: fault.reason.message }, 'ingestion waits');
        if (fault.allFiles) this.pausedUntil = Math.max(this.pausedUntil, performance.now() + fault.afterS * 1_000);
        await repository.release([file], { afterS: fault.afterS, error: fault.reason });
        return;
      case 'refused':
        return this.giveUp(file, fault.reason);
      case 'broke':
        this.log.error({ file_id: file.id, err: error, error_id: fault.errorId }, 'ingestion failed');
        if (file.attempts + 1 >= this.env.MAX_INGESTION_ATTEMPTS) return this.giveUp(file, fault.reason);
        await repository.release([file], {
          broke: true,
          error: fault.reason,
          afterS: Math.min(FIRST_BACKOFF_S * 2 ** file.attempts, MAX_BACKOFF_S),
        });
    }
  }

  private async giveUp(file: ClaimedFile, reason: Reason): Promise<void> {
    const row = await this.tools.repository.fail(file, reason);
    if (!row) throw new FileLostError();
    this.tools.progress.changed(row);
  }

  /** While something that all files need is away, a worker does not try one file after another. */
  private async pause(): Promise<void> {
    while (!this.active.leaving && (await this.isPaused())) await sleep(PAUSE_LOOK_MS);
  }

  /** Whether something that all files need is away. */
  async isPaused(): Promise<boolean> {
    if (performance.now() < this.pausedUntil) return true;
    return (await this.indexes()) && this.catalog.isPaused();
  }

  private notifier({ id, userId, generation }: ClaimedFile) {
    const progress: FileProgress = this.tools.progress;
    let last = { step: '', at: 0 };
    return (step: 'extract' | 'embed' | 'index', done: number, total: number): void => {
      const now = performance.now();
      if (step === last.step && now - last.at < PROGRESS_MS) return;
      last = { step, at: now };
      progress.step({ fileId: id, userId, generation, step, done, total });
    };
  }
}
