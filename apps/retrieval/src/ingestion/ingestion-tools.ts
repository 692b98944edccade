import { Injectable } from '@nestjs/common';
import { IngestionQueue } from '../files/ingestion-queue';
import { FileProgress } from '../files/progress.service';
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
