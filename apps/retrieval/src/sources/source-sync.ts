import { Inject, Injectable } from '@nestjs/common';
import { type Logger, Runtime } from '@perennial/runtime';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { KeySeal } from '../settings/key-seal';
import { SettingsKeeper } from '../settings/settings-keeper';
import { WebError } from '../web/web-error';
import { AbsentDocuments } from './absent-documents';
import { DocumentIntake } from './document-intake';
import { SourceOwners } from './source-owners';
import type { SourceReader } from './source-reader';
import { SourceReaders } from './source-readers';
import type { ClaimedSource, SourceProblem, WaitingDocument } from './source-row';
import { SourceWorkRepository } from './source-work.repository';
import { isOfContent, SyncFailedError, toOutcome, toSyncFault } from './sync-failure';

const MIB = 2 ** 20;
/** Documents fetched from the list of waiting ones at once. */
const BATCH = 20;
/** After this time another source has a turn: its documents wait no longer because this one has many. */
const SLICE_MS = 20_000;
/** Documents in a row whose server was away, after which the whole source is. */
const AWAY_IN_A_ROW = 5;
/** A source that ended so many processes without completing a document is not tried again in this sync. */
const MAX_DEATHS = 5;
/** Pauses that its server asked for without a document in between, after which the sync fails. */
const MAX_PAUSES = 10;
/** Until the next look whether an account has been activated again. */
const PAUSE_S = 3_600;
const PAUSED = { code: 'PAUSED', message: 'The account of the base’s owner is not active, so the source is not read.' };
/** Until the first repetition of a failed sync; doubled each time. */
const FIRST_BACK_OFF_S = 300;
const MAX_BACK_OFF_S = 6 * 60 * 60;
/** Repetitions of a sync that somebody asked for once. */
const MAX_REPETITIONS = 3;

/** One owner's turn at the sync of a source that it holds. What an earlier owner has completed is not repeated. */
@Injectable()
export class SourceSync {
  private readonly log: Logger;
  private readonly syncs;

  constructor(
    private readonly work: SourceWorkRepository,
    private readonly readers: SourceReaders,
    private readonly owners: SourceOwners,
    private readonly seal: KeySeal,
    private readonly intake: DocumentIntake,
    private readonly absent: AbsentDocuments,
    private readonly settings: SettingsKeeper,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.log = runtime.logger('sources');
    this.syncs = runtime.metrics.counter('source_syncs_total', 'Syncs of sources of knowledge bases that have ended', [
      'outcome',
    ]);
  }

  /** Resolves when the sync has ended, failed, been released or lost. */
  async turn(source: ClaimedSource, signal: AbortSignal): Promise<void> {
    try {
      if (source.deaths >= MAX_DEATHS)
        throw new SyncFailedError({ code: 'DIED', message: `The sync ended its worker ${source.deaths} times.` });
      if (!(await this.owners.isActive(source.userId))) return await this.pause(source);
      const isOver = await this.read(
        source,
        this.readers.of(source.config, this.seal.open(source.sealedToken)),
        signal,
      );
      if (!isOver) return void (await this.work.release(source.owner, [source]));
      await this.absent.remove(source, signal);
      await this.work.finish(source, null, null);
      this.syncs.inc({ outcome: 'succeeded' });
    } catch (error) {
      // Aborted work may throw any error; the signal's reason counts.
      await this.settle(source, signal.aborted ? signal.reason : error);
    }
  }

  /** Nothing is read for somebody who may not read it, and nothing that there was is removed. */
  private async pause(source: ClaimedSource): Promise<void> {
    this.syncs.inc({ outcome: 'paused' });
    await this.work.finish(source, PAUSED, PAUSE_S);
  }

  private async settle(source: ClaimedSource, error: unknown): Promise<void> {
    const fault = toSyncFault(error);
    switch (fault.kind) {
      case 'lost':
        return;
      case 'handed-over':
        return void (await this.work.release(source.owner, [source]));
      case 'wait':
        if (fault.counts && source.tries >= MAX_PAUSES)
          return this.fail(source, { code: 'busy', message: (error as Error).message });
        return void (await this.work.release(source.owner, [source], fault));
      case 'failed':
        if (fault.errorId !== undefined)
          this.log.error({ source_id: source.id, err: error, error_id: fault.errorId }, 'sync failed');
        return this.fail(source, fault.problem);
    }
  }

  private async fail(source: ClaimedSource, problem: SourceProblem): Promise<void> {
    this.syncs.inc({ outcome: 'failed' });
    this.log.warn({ source_id: source.id, code: problem.code, reason: problem.message }, 'source not synced');
    const again = source.tries < MAX_REPETITIONS;
    const backOffS = Math.min(FIRST_BACK_OFF_S * 2 ** source.tries, MAX_BACK_OFF_S);
    await this.work.finish(source, problem, again ? backOffS : null);
  }

  /** @returns whether nothing waits any more; false: its turn is over */
  private async read(source: ClaimedSource, reader: SourceReader, signal: AbortSignal): Promise<boolean> {
    const most = Math.min(source.config.maxDocuments, this.env.SOURCE_MAX_DOCUMENTS);
    // Again in each turn: an owner that died here may have done none of it.
    await this.work.found(source, reader.begin, most);
    if (reader.rereads) await this.work.seeAll(source);
    const startedAt = performance.now();
    let endAt = Infinity;
    let away = 0;
    for (;;) {
      const waiting = await this.work.waiting(source, source.baseId, BATCH);
      if (waiting.length === 0) return true;
      for (const document of waiting) {
        signal.throwIfAborted();
        if (performance.now() > endAt) return false;
        const wasAway = await this.document(source, reader, document, most, signal);
        // The first one may have read the listing, in each turn anew: as long as that took, at least, its documents are read.
        if (endAt === Infinity) endAt = sliceEnd(startedAt, performance.now());
        away = wasAway === undefined ? 0 : away + 1;
        if (wasAway !== undefined && away >= AWAY_IN_A_ROW) throw failed(wasAway);
      }
    }
  }

  /** @returns the error if its server was away */
  private async document(
    source: ClaimedSource,
    reader: SourceReader,
    document: WaitingDocument,
    most: number,
    signal: AbortSignal,
  ): Promise<WebError | undefined> {
    try {
      await this.take(source, reader, document, most, signal);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      const outcome = toOutcome(error);
      if (outcome === undefined) throw error;
      if (error instanceof WebError && reader.isEssential(document, error.failure)) throw failed(error);
      const leftOut =
        isOfContent(error) && (outcome.state === 'skipped' || outcome.state === 'duplicate')
          ? await reader.version?.(document, outcome.state, await this.maxBytes())
          : undefined;
      await this.work.done(source, document.address, { ...outcome, leftOut });
      return error instanceof WebError && error.failure === 'away' ? error : undefined;
    }
  }

  private async take(
    source: ClaimedSource,
    reader: SourceReader,
    document: WaitingDocument,
    most: number,
    signal: AbortSignal,
  ): Promise<void> {
    const maxBytes = await this.maxBytes();
    const reading = await reader.read(document, maxBytes, signal);
    switch (reading.kind) {
      case 'unchanged':
        return this.work.done(source, document.address, { state: 'stored' });
      case 'left-out':
        return this.work.done(source, document.address, { state: reading.state, message: document.message });
      case 'document':
        return this.intake.store(source, document, reading, { maxBytes, most });
      case 'listing': {
        for await (const entries of reading.entries) {
          signal.throwIfAborted();
          if (entries.length > 0) await this.work.found(source, entries, most);
        }
        return this.work.done(source, document.address, { state: 'skipped' });
      }
    }
  }

  private async maxBytes(): Promise<number> {
    const { FILE_MAX_SIZE } = (await this.settings.current()).retrieval;
    return Math.min(this.env.WEB_LOADER_MAX_BYTES, (FILE_MAX_SIZE ?? Infinity) * MIB);
  }
}

/** When a turn ends whose first document was read from `startedAt` to `now`. */
const sliceEnd = (startedAt: number, now: number): number => now + Math.max(SLICE_MS, now - startedAt);

function failed({ failure, message }: WebError): SyncFailedError {
  return new SyncFailedError({ code: failure, message });
}
