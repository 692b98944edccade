import { Injectable } from '@nestjs/common';
import type { SourceConfig } from '@perennial/contracts-retrieval';
import { PoliteReader } from '../web/polite-reader';
import { WebClient } from '../web/web-client';
import type { SourceReader } from './source-reader';
import { WebSourceReader } from './web-source-reader';

/** The reader of each kind of source. */
@Injectable()
export class SourceReaders {
  constructor(
    private readonly client: WebClient,
    private readonly polite: PoliteReader,
  ) {}

  /** @throws WebError refused when such a source may not be read here */
  of(config: SourceConfig): SourceReader {
    return new WebSourceReader(config, this.client, this.polite);
  }
}
