import { Injectable } from '@nestjs/common';
import { VectorStoreError } from '@perennial/vector-store';
import { EmbeddingError } from '../embedding/embedding-error';
import { ChunksRepository } from '../search-index/chunks.repository';
import { IndexCatalog, type VectorIndex } from '../search-index/index-catalog';
import { IndexRegistry } from '../search-index/index-registry';
import { IndexWriter, type Page } from '../search-index/index-writer';
import type { ClaimedFile } from './claimed-file';
import { IngestionRepository } from './ingestion.repository';

/**
 * Chunks whose points are written together: four requests of the usual size, the usual concurrency, and few enough to be held three times
 * (two being embedded, one being written).
 */
const WINDOW = 256;
/** Windows that are embedded at once: the second starts as the first runs out of requests. */
const AHEAD = 2;

/** Progress: `done` chunks of all. */
export type OnProgress = (step: 'embed' | 'index', done: number) => void;

/** From stored chunks to points in every writable index, in every scope of the file. */
@Injectable()
export class IndexStep {
  constructor(
    private readonly repository: IngestionRepository,
    private readonly registry: IndexRegistry,
    private readonly catalog: IndexCatalog,
    private readonly chunks: ChunksRepository,
    private readonly writer: IndexWriter,
  ) {}

  /** @throws FileLostError, EmbeddingError, VectorStoreError, or the signal's reason */
  async run(file: ClaimedFile, signal: AbortSignal, onProgress: OnProgress): Promise<void> {
    for (const index of await this.registry.writable(signal)) {
      const scopes = await this.repository.missingScopes(file, index.id);
      if (scopes.length === 0) continue;
      try {
        await this.fill(index, file, scopes, signal, onProgress);
      } catch (error) {
        const gone = error instanceof VectorStoreError && error.code === 'NOT_FOUND';
        if (gone) this.registry.forgetCollection(index);
        // The index builder retries files for a building index: a new embedder that fails, or a cancelled build, must not keep the file out
        // of the active index.
        if (index.state === 'building' && (gone || error instanceof EmbeddingError)) continue;
        if (error instanceof EmbeddingError && error.waitS !== undefined) await this.catalog.pause(index, error.waitS);
        throw error;
      }
      await this.repository.recordIndexed(file, index.id, scopes);
    }
  }

  private async fill(
    index: VectorIndex,
    file: ClaimedFile,
    scopes: readonly string[],
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<void> {
    let embedded = 0;
    await this.writer.write(index, this.windows(file, scopes), {
      signal,
      ahead: AHEAD,
      onEmbedded: (chunks) => onProgress('embed', (embedded += chunks)),
      beforeWrite: () => this.repository.assertMine(file),
      afterEmbedding: async () => {
        await this.repository.reach(file, 'index', true);
        onProgress('index', embedded);
      },
    });
  }

  private async *windows(
    { id, generation, residence }: ClaimedFile,
    scopes: readonly string[],
  ): AsyncGenerator<Page[]> {
    for await (const chunks of this.chunks.pages(id, generation, WINDOW))
      yield [{ fileId: id, generation, scopes, residence, chunks }];
  }
}
