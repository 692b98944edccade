import { Injectable } from '@nestjs/common';
import type { NoticePayload } from '@perennial/contracts-kernel';
import { FILE_PROGRESS } from '@perennial/contracts-retrieval';
import { Notices } from '@perennial/transport';
import { type FileRow, toStatus } from './file-row';

type Progress = NoticePayload<typeof FILE_PROGRESS>;

/** Tells the gateways that something about a file has changed. */
@Injectable()
export class FileProgress {
  constructor(private readonly notices: Notices) {}

  /** After a change of the row has committed. Nothing waits for it: who has missed it asks for the row. */
  changed(...rows: readonly FileRow[]): void {
    for (const row of rows) {
      const { id, ...status } = toStatus(row);
      this.send({ fileId: id, ...status });
    }
  }

  deleted(...rows: readonly FileRow[]): void {
    for (const { id, userId, generation } of rows)
      this.send({ fileId: id, userId, generation, state: 'deleted', step: null, done: 0, total: 0, error: null });
  }

  /** How far a worker is. */
  step(progress: Omit<Progress, 'state' | 'error'>): void {
    this.send({ ...progress, state: 'processing', error: null });
  }

  private send(progress: Progress): void {
    void this.notices.publish(FILE_PROGRESS, progress);
  }
}
