import { Injectable } from '@nestjs/common';
import { FileProgress } from '../files/progress.service';
import { IngestionQueue } from './ingestion-queue';
import { IngestionRepository } from './ingestion.repository';

/** What an ingestion writes to, and whom it tells. */
@Injectable()
export class IngestionTools {
  constructor(
    readonly repository: IngestionRepository,
    readonly queue: IngestionQueue,
    readonly progress: FileProgress,
  ) {}
}
