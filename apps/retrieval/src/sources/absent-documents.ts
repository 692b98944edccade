import { Inject, Injectable } from '@nestjs/common';
import { UnitOfWork } from '@perennial/persistence';
import { WorkLostError } from '@perennial/work';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { FilesRepository } from '../files/files.repository';
import { PlacementsRepository } from '../files/placements.repository';
import { MembershipService } from '../knowledge/membership.service';
import type { ClaimedSource } from './source-row';
import { type GoneDocument, SourceWorkRepository } from './source-work.repository';

/** Documents whose files are removed by one transaction. */
const BATCH = 20;

/** Takes the files of documents that are gone out of the base, at the end of a sync that could read its source. */
@Injectable()
export class AbsentDocuments {
  constructor(
    private readonly work: SourceWorkRepository,
    private readonly members: MembershipService,
    private readonly files: FilesRepository,
    private readonly placements: PlacementsRepository,
    private readonly unitOfWork: UnitOfWork,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  /** @throws WorkLostError, or the signal's reason */
  async remove(source: ClaimedSource, signal: AbortSignal): Promise<void> {
    await this.work.countAbsences(source);
    for (;;) {
      signal.throwIfAborted();
      const gone = await this.work.gone(source, source.baseId, this.env.SOURCE_ABSENCE_SECONDS, BATCH);
      if (gone.length === 0) return;
      await this.takeOut(source, gone);
    }
  }

  /** The base first, then files in the order of their ids, as everywhere. */
  private async takeOut(source: ClaimedSource, gone: readonly GoneDocument[]): Promise<void> {
    const ids = gone.flatMap(({ fileId }) => (fileId === null ? [] : [fileId]));
    await this.unitOfWork.run(
      async (tx) => {
        if (!(await this.placements.holdBase(tx, source.baseId))) throw new WorkLostError();
        await this.work.assertMine(tx, source);
        for (const row of await this.files.lockMany(tx, ids)) await this.members.takeOut(tx, source.baseId, row, true);
        await this.work.forget(
          tx,
          source,
          gone.map(({ address }) => address),
        );
        if (ids.length > 0) await this.placements.touchBase(tx, source.baseId);
      },
      { retry: true },
    );
  }
}
