import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BLOB_STORES_CHANGED } from '@perennial/contracts-retrieval';
import { Runtime } from '@perennial/runtime';
import { Notices } from '@perennial/transport';
import { PolledWork } from '@perennial/work';
import { isWorker, RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { IngestionProcesses } from '../ingestion/ingestion-processes';
import type { ClaimedBlobMove } from './blob-move-row';
import { BlobMoveTurn } from './blob-move-turn';
import { BlobMovesRepository } from './blob-moves.repository';

const LOOK_MS = 3_000;

/** The move of files that this process works on, if it is the one that does. */
@Injectable()
export class ActiveBlobMoves implements OnApplicationBootstrap {
  private readonly work: PolledWork<ClaimedBlobMove>;

  constructor(
    repository: BlobMovesRepository,
    turn: BlobMoveTurn,
    processes: IngestionProcesses,
    private readonly notices: Notices,
    @Inject(Runtime) runtime: Runtime,
    @Inject(RETRIEVAL_ENV) private readonly env: Pick<RetrievalEnv, 'RETRIEVAL_ROLE' | 'BLOB_STORES'>,
  ) {
    this.work = new PolledWork({
      name: 'moves of files',
      runtime,
      registry: processes,
      concurrency: 1,
      lookMs: LOOK_MS,
      store: repository,
      turn: (move, signal) => turn.run(move, signal),
    });
  }

  /** With one store there is nowhere to move. */
  onApplicationBootstrap(): void {
    if (!isWorker(this.env as RetrievalEnv) || this.env.BLOB_STORES.size === 0) return;
    this.work.start();
    // Also sent when a move is ordered.
    void this.notices.subscribe(BLOB_STORES_CHANGED, () => this.work.trigger());
  }
}
