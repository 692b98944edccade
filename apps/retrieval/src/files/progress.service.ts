import { Injectable } from '@nestjs/common';
import type { NoticePayload } from '@perennial/contracts-kernel';
import { FILE_PROGRESS } from '@perennial/contracts-retrieval';
import { Notices } from '@perennial/transport';
import { type FileRow, toStatus } from './file-row';

type Progress = NoticePayload<typeof FILE_PROGRESS>;

/** Notifies gateways of changes to files. */
@Injectable()
export class FileProgress {
  constructor(private readonly notices: Notices) {}

  /** After the commit of a change. Not awaited: a receiver that missed it reads the row. */
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

  /** A worker's progress. */
  step(progress: Omit<Progress, 'state' | 'error'>): void {
    this.send({ ...progress, state: 'processing', error: null });
  }

  private send(progress: Progress): void {
    void this.notices.publish(FILE_PROGRESS, progress);
  }
}
