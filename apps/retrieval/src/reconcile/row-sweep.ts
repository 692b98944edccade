import type { OrphanReport, SweepOptions } from './orphans';
import type { Generation, Inconsistency, ReconcileRepository } from './reconcile.repository';

/** Rows in one statement: few enough that it ends in time for any size of the table. */
const PAGE = 1_000;
/** Lower than every id. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

type RowReport = Pick<OrphanReport, 'chunks' | Inconsistency>;
const NOTHING: RowReport = { chunks: 0, deletedFiles: 0, deletedBases: 0, placements: 0, homelessFiles: 0 };

/**
 * Scans the rows page by page in the order of their keys, so that statements do not get longer as the tables grow. It stores no position: a
 * stopped sweep has repaired what it has passed, and the next one starts again.
 */
export class RowSweep {
  constructor(
    private readonly repository: ReconcileRepository,
    private readonly pageSize = PAGE,
  ) {}

  async run(options: SweepOptions): Promise<RowReport> {
    // A file that loses its last placement becomes homeless; chunks of a partly deleted file belong to its removal.
    const files = await this.walk('files', ['placements', 'homelessFiles', 'deletedFiles'], options);
    const bases = await this.walk('knowledge_bases', ['deletedBases'], options);
    const chunks = await this.chunks(options);
    return { ...NOTHING, ...files, ...bases, chunks };
  }

  private async walk(
    table: 'files' | 'knowledge_bases',
    faults: readonly Inconsistency[],
    { repair, signal }: SweepOptions,
  ): Promise<Partial<Record<Inconsistency, number>>> {
    const report: Partial<Record<Inconsistency, number>> = {};
    for (let ids = [FIRST_ID]; ids.length > 0;) {
      signal?.throwIfAborted();
      ids = await this.repository.idsAfter(table, ids.at(-1) as string, this.pageSize);
      for (const fault of faults)
        report[fault] = (report[fault] ?? 0) + (await this.repository.withFault(fault, ids, { repair }));
    }
    return report;
  }

  private async chunks({ repair, signal }: SweepOptions): Promise<number> {
    let found = 0;
    let last: Generation | undefined = { fileId: FIRST_ID, generation: 0 };
    while (last) {
      signal?.throwIfAborted();
      const page = await this.repository.generationsAfter(last, this.pageSize);
      for (const generation of page.filter(({ orphan }) => orphan))
        found += await (repair ? this.repository.removeChunks(generation) : this.repository.countChunks(generation));
      last = page.at(-1);
    }
    return found;
  }
}
