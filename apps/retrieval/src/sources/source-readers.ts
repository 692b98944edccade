import { Inject, Injectable } from '@nestjs/common';
import type { SourceConfig } from '@perennial/contracts-retrieval';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { PoliteReader } from '../web/polite-reader';
import { WebClient } from '../web/web-client';
import { FolderSourceReader } from './folder-source-reader';
import type { SourceReader } from './source-reader';
import { WebSourceReader } from './web-source-reader';

/** The reader of each kind of source. */
@Injectable()
export class SourceReaders {
  constructor(
    private readonly client: WebClient,
    private readonly polite: PoliteReader,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  /** @throws WebError refused when such a source may not be read here */
  of(config: SourceConfig): SourceReader {
    switch (config.type) {
      case 'web':
        return new WebSourceReader(config, this.client, this.polite);
      case 'folder':
        return new FolderSourceReader(config, this.env.SOURCE_DIRECTORIES);
    }
  }
}
