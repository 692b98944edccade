import { Injectable } from '@nestjs/common';
import type { Tx } from '@perennial/persistence';
import type { FileRow } from './file-row';
import { IngestionQueue } from './ingestion-queue';
import { FileProgress } from './progress.service';

/** Notifications after a committed change of files. If they are lost, sweepers and readers find the change by state. */
@Injectable()
export class FileChanges {
  constructor(
    private readonly queue: IngestionQueue,
    private readonly progress: FileProgress,
  ) {}

  /** Notifies workers of waiting files, and readers of all. */
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
