import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { BlobStoreError, type PlacedBlobStore } from '@perennial/blob-store';
import { BLOB_STORES_CHANGED } from '@perennial/contracts-retrieval';
import { type Logger, Runtime } from '@perennial/runtime';
import { Connections, Notices, readFleet } from '@perennial/transport';
import { HandOverError, WorkLostError } from '@perennial/work';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { BLOB_STORE } from '../stores/tokens';
import { BlobMigration, CHANGED_MEANWHILE, type MigrationRow, type PassProgress } from './blob-migration';
import { BlobMoveError } from './blob-move-error';
import type { ClaimedBlobMove } from './blob-move-row';
import { BlobMovesRepository } from './blob-moves.repository';
import { FleetGate } from './fleet-gate';
import { inOwnStore } from './own-store';
import { Throttle } from './throttle';

/** Files that are read in both stores and compared: named by rows, and of the stores' lists. */
const SAMPLE = 100;
/** Between two reports of how far it is. */
const REPORT_MS = 1_000;
/** After an unexpected error. */
const AGAIN_S = 15;
/** It is not tried again after so many deaths of its workers. */
const MAX_DEATHS = 5;

/** One owner's turn at a move of files. All that is done is in the stores and their row, so whatever ends it, the next owner continues. */
@Injectable()
export class BlobMoveTurn {
  private readonly log: Logger;

  constructor(
    private readonly moves: BlobMovesRepository,
    private readonly connections: Connections,
    private readonly notices: Notices,
    @Inject(BLOB_STORE) private readonly stores: PlacedBlobStore,
    @Inject(RETRIEVAL_ENV) private readonly env: Pick<RetrievalEnv, 'PLACEMENTS'>,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.log = runtime.logger('blob-move');
  }

  /** Resolves when the move is complete, stopped, released or lost. */
  async run(move: ClaimedBlobMove, signal: AbortSignal): Promise<void> {
    try {
      if (move.deaths >= MAX_DEATHS)
        throw new BlobMoveError(
          `It has ended its worker ${move.deaths} times: it may need more memory. Let it go on here, or by \`perennial blobs migrate\`.`,
        );
      await this.moves.complete(move, await this.work(move, signal));
      this.log.info({ kind: move.kind, target: move.target }, 'move of files complete');
    } catch (error) {
      // Aborted work may throw any error; the signal's reason counts.
      await this.settle(move, signal.aborted ? signal.reason : error);
    }
  }

  private work(move: ClaimedBlobMove, signal: AbortSignal): Promise<string> {
    const migration = this.migration(move, signal);
    switch (move.kind) {
      case 'move':
        return migration.migrate(move.target!);
      case 'rollback':
        return migration.rollback(move.withoutCopying);
      case 'finish':
        return migration.finish(move.withoutCopying);
    }
  }

  private async settle(move: ClaimedBlobMove, error: unknown): Promise<void> {
    if (error instanceof WorkLostError) return;
    if (error instanceof HandOverError) return void (await this.moves.release(move.owner, [move]));
    if (error instanceof BlobMoveError || error instanceof BlobStoreError) {
      this.log.warn({ kind: move.kind, reason: error.message }, 'move of files stopped');
      return this.moves.stop(move, error.message);
    }
    const errorId = randomUUID();
    this.log.error({ err: error, error_id: errorId }, 'move of files failed');
    const told = `It failed unexpectedly and is tried again (error ${errorId}).`;
    await this.moves.release(move.owner, [move], AGAIN_S, told);
  }

  private migration(move: ClaimedBlobMove, signal: AbortSignal): BlobMigration {
    const { moves } = this;
    const tell = (line: string): void => {
      this.log.info({ told: line }, 'move of files');
      // What is not kept now is told again after some seconds.
      void moves.note(move, line).catch(() => undefined);
    };
    const gate = new FleetGate({
      read: () => readFleet(this.connections),
      announce: (version) => this.notices.publish(BLOB_STORES_CHANGED, { version }),
      sessions: () => moves.sessions(),
      self: '',
      tell,
      signal,
    });
    return new BlobMigration({
      row: this.row(move),
      stores: this.stores.own,
      gate,
      throttle: new Throttle(move.bytesPerS ?? undefined, () => undefined, signal),
      includes: inOwnStore(this.stores, this.env.PLACEMENTS),
      sampleKeys: (count) => moves.sampleKeys(count),
      countKeys: () => moves.countKeys(),
      sample: SAMPLE,
      listed: SAMPLE,
      tell,
      skipUnreadable: move.skipUnreadable,
      signal,
      onProgress: reporter((progress) => moves.report(move, progress)),
      onCompared: (result) => moves.compared(move, result),
    });
  }

  private row(move: ClaimedBlobMove): MigrationRow {
    return {
      read: () => this.moves.stores(),
      change: async (before, to) => {
        const row = await this.moves.change(move, before, to);
        if (!row) throw new BlobMoveError(CHANGED_MEANWHILE);
        return row;
      },
      tell: (progress) => this.moves.tell(progress),
    };
  }
}

/** Reports now and then, with the rate since the last time. */
function reporter(report: (progress: PassProgress & { bytesPerS: number }) => Promise<void>) {
  let last = { at: performance.now(), bytes: 0 };
  let rate = 0;
  return async (progress: PassProgress): Promise<void> => {
    const now = performance.now();
    const passedMs = now - last.at;
    if (passedMs < REPORT_MS && progress.done > 0) return;
    // Each pass counts anew.
    if (passedMs >= REPORT_MS) rate = (Math.max(0, progress.bytes - last.bytes) * 1_000) / passedMs;
    last = { at: now, bytes: progress.bytes };
    await report({ ...progress, bytesPerS: Math.round(rate) });
  };
}
