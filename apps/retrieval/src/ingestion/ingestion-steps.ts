import { Injectable } from '@nestjs/common';
import { ChunkStep } from './chunk-step';
import { IndexStep } from './index-step';
import { LiveStep } from './live-step';

/** The steps of an ingestion, in their order. */
@Injectable()
export class IngestionSteps {
  constructor(
    readonly live: LiveStep,
    readonly chunk: ChunkStep,
    readonly index: IndexStep,
  ) {}
}
