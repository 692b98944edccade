import { Inject, Injectable } from '@nestjs/common';
import { context, SpanKind } from '@opentelemetry/api';
import { extractTrace, inSpan, type Logger, Runtime, SPAN_IDS } from '@perennial/runtime';
import { WorkLostError } from '@perennial/work';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { IngestionQueue } from '../files/ingestion-queue';
import { FileProgress } from '../files/progress.service';
import { IndexFiller } from '../search-index/index-filler';
import { usesIndex } from '../settings/settings';
import { SettingsKeeper } from '../settings/settings-keeper';
import { ChunkStep } from './chunk-step';
import type { ClaimedFile } from './claimed-file';
import { type IngestionFault, type Reason, toIngestionFault } from './faults';
import { IndexStep } from './index-step';
import { IngestionRepository } from './ingestion.repository';
import { IngestionPause } from './ingestion-pause';

/** Minimum interval of progress notices of a file. */
const PROGRESS_MS = 250;
/** The first pause after an ingestion failed; doubled each time. */
const FIRST_BACKOFF_S = 1;
const MAX_BACKOFF_S = 60;
/** A server that ends each time it reads a file must not be asked for ever. */
const LONGEST_UNANSWERED_S = 24 * 60 * 60;
/** Of the time that a file has waited for such a server. */
const BACKOFF_SHARE = 0.2;
const MAX_DOUBTFUL_S = 15 * 60;

type Waiting = Extract<IngestionFault, { kind: 'wait' }>;

/** One owner's attempt at a file that it holds: chunks, vectors, points, switch. Steps that an earlier attempt has finished are not repeated. */
@Injectable()
export class IngestionAttempt {
  private readonly log: Logger;
  private readonly seconds;

  constructor(
    private readonly repository: IngestionRepository,
    private readonly queue: IngestionQueue,
    private readonly progress: FileProgress,
    private readonly chunkStep: ChunkStep,
    private readonly indexStep: IndexStep,
    private readonly filler: IndexFiller,
    private readonly pause: IngestionPause,
    private readonly settings: SettingsKeeper,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.log = runtime.logger('ingestion');
    this.seconds = runtime.metrics.histogram('ingestion_seconds', 'Duration of attempts to ingest a file', ['outcome']);
  }

  /**
   * Resolves when the file is completed, failed, released or lost.
   *
   * @param beforeRecording called before it takes long at a server that has its price
   */
  run(file: ClaimedFile, signal: AbortSignal, beforeRecording?: () => void): Promise<void> {
    const parent = file.traceparent === null ? context.active() : extractTrace({ traceparent: file.traceparent });
    const attributes = { [SPAN_IDS.file]: file.id, 'perennial.file.epoch': file.epoch };
    return inSpan('ingestion attempt', { kind: SpanKind.CONSUMER, attributes, parent }, () =>
      this.attempt(file, signal, beforeRecording),
    );
  }

  private async attempt(file: ClaimedFile, signal: AbortSignal, beforeRecording?: () => void): Promise<void> {
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
      await this.ingest(file, signal, beforeRecording);
      observe('completed');
    } catch (error) {
      // Aborted work may throw any error; the signal's reason counts.
      const fault = toIngestionFault(signal.aborted ? signal.reason : error);
      observe(fault.kind);
      await this.settle(file, fault, error);
    }
  }

  private async ingest(file: ClaimedFile, signal: AbortSignal, beforeRecording?: () => void): Promise<void> {
    const notify = this.notifier(file);
    const isReplaced = file.liveGeneration !== null && file.liveGeneration !== file.generation;
    if (isReplaced && (await this.indexes())) await this.filler.fillLive(file.id, signal);
    let total = file.chunkCount;
    if (total === null) {
      notify('extract', 0, 0);
      total = await this.chunkStep.run(file, signal, beforeRecording);
    }
    const chunks = total;
    for (;;) {
      const indexes = await this.indexes();
      if (indexes) await this.indexStep.run(file, signal, (step, done) => notify(step, done, chunks));
      signal.throwIfAborted();
      const row = await this.repository.finish(file, { indexes });
      // Undefined: since the points were written the file was added elsewhere, or another index became active.
      if (row) return this.progress.changed(row);
    }
  }

  private async indexes(): Promise<boolean> {
    return usesIndex(await this.settings.current());
  }

  private async settle(file: ClaimedFile, fault: IngestionFault, error: unknown): Promise<void> {
    switch (fault.kind) {
      case 'lost':
        return;
      case 'handed-over':
        return this.queue.enqueue(await this.repository.release(file.owner, [file]));
      case 'out-of-turn':
        // A file that leaves a slow lane fetches the next one.
        await this.repository.release(file.owner, [file], { slow: true });
        return;
      case 'wait':
        this.log.warn({ file_id: file.id, code: fault.reason.code, reason: fault.reason.message }, 'ingestion waits');
        // A store of some people's must not make everybody's files wait.
        if (fault.allFiles && file.residence === null) this.pause.lastAtLeast(fault.afterS);
        return this.wait(file, fault);
      case 'refused':
        return this.giveUp(file, fault.reason);
      case 'broke':
        this.log.error({ file_id: file.id, err: error, error_id: fault.errorId }, 'ingestion failed');
        if (file.attempts + 1 >= this.env.MAX_INGESTION_ATTEMPTS) return this.giveUp(file, fault.reason);
        await this.repository.release(file.owner, [file], {
          broke: true,
          error: fault.reason,
          afterS: Math.min(FIRST_BACKOFF_S * 2 ** file.attempts, MAX_BACKOFF_S),
        });
    }
  }

  private async wait(file: ClaimedFile, { afterS, isDoubtful = false, reason }: Waiting): Promise<void> {
    const unansweredS = file.unansweredS ?? 0;
    if (isDoubtful && unansweredS > LONGEST_UNANSWERED_S)
      return this.giveUp(file, {
        code: reason.code,
        message: 'The server that reads such files has not answered for a day. Process the file again when it does.',
      });
    await this.repository.release(file.owner, [file], {
      // A server that restarts is back after a moment; one that is not is asked less and less often.
      afterS: isDoubtful ? Math.max(afterS, Math.min(unansweredS * BACKOFF_SHARE, MAX_DOUBTFUL_S)) : afterS,
      unanswered: isDoubtful,
      error: reason,
    });
  }

  private async giveUp(file: ClaimedFile, reason: Reason): Promise<void> {
    const row = await this.repository.fail(file, reason);
    if (!row) throw new WorkLostError();
    this.progress.changed(row);
  }

  private notifier({ id, userId, generation }: ClaimedFile) {
    let last = { step: '', at: 0 };
    return (step: 'extract' | 'embed' | 'index', done: number, total: number): void => {
      const now = performance.now();
      if (step === last.step && now - last.at < PROGRESS_MS) return;
      last = { step, at: now };
      this.progress.step({ fileId: id, userId, generation, step, done, total });
    };
  }
}
