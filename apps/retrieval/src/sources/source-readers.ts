import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type ForeignBucket, openBucket } from '@perennial/blob-store';
import type { SourceConfig } from '@perennial/contracts-retrieval';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { PoliteReader } from '../web/polite-reader';
import { WebClient } from '../web/web-client';
import { BucketSourceReader } from './bucket-source-reader';
import { FolderSourceReader } from './folder-source-reader';
import { GitSourceReader } from './git-source-reader';
import type { SourceReader } from './source-reader';
import { WebSourceReader } from './web-source-reader';

/** The reader of each kind of source. */
@Injectable()
export class SourceReaders implements OnApplicationShutdown {
  /** Those that were read, by name. */
  private readonly buckets = new Map<string, Promise<ForeignBucket>>();

  constructor(
    private readonly client: WebClient,
    private readonly polite: PoliteReader,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  /**
   * @param token of a repository
   *
   * @throws WebError refused when such a source may not be read here
   */
  of(config: SourceConfig, token = ''): SourceReader {
    switch (config.type) {
      case 'web':
        return new WebSourceReader(config, this.client, this.polite);
      case 'git':
        return new GitSourceReader(config, this.client, { token, plain: this.env.ENABLE_RAG_LOCAL_WEB_FETCH });
      case 'folder': {
        const bucket = this.env.SOURCE_BUCKETS.get(config.directory);
        if (!bucket) return new FolderSourceReader(config, this.env.SOURCE_DIRECTORIES);
        return new BucketSourceReader(config, () => {
          const opened = this.buckets.get(config.directory) ?? openBucket(bucket);
          this.buckets.set(config.directory, opened);
          return opened;
        });
      }
    }
  }

  async onApplicationShutdown(): Promise<void> {
    for (const bucket of this.buckets.values()) (await bucket).close();
  }
}
