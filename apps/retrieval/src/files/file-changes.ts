import { Injectable } from '@nestjs/common';
import type { Tx } from '@perennial/persistence';
import { IngestionQueue } from '../ingestion/ingestion-queue';
import type { FileRow } from './file-row';
import { FileProgress } from './progress.service';

/** What follows from a change of files once it has committed. What is lost here the sweepers and the readers find by state. */
@Injectable()
export class FileChanges {
  constructor(
    private readonly queue: IngestionQueue,
    private readonly progress: FileProgress,
  ) {}

  /** Tells workers of those that wait, and readers of all. */
  changed(tx: Tx, rows: readonly FileRow[]): void {
    tx.afterCommit(() => {
      const waiting = rows.filter((row) => row.state === 'pending' && row.queued);
      this.queue.enqueue(waiting.map(({ id, epoch, rank }) => ({ fileId: id, epoch, rank })));
      this.progress.changed(...rows);
    });
  }

  deleted(tx: Tx, rows: readonly FileRow[]): void {
    tx.afterCommit(() => this.progress.deleted(...rows));
  }
}
