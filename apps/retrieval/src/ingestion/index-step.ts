import { Injectable } from '@nestjs/common';
import { VectorStoreError } from '@perennial/vector-store';
import { EmbeddingError } from '../embedding/embedding-error';
import { ChunksRepository } from '../search-index/chunks.repository';
import { IndexCatalog, type VectorIndex } from '../search-index/index-catalog';
import { IndexRegistry } from '../search-index/index-registry';
import { IndexWriter, type Page } from '../search-index/index-writer';
import { StoredVectors } from '../search-index/stored-vectors';
import type { ClaimedFile } from './claimed-file';
import { IngestionRepository } from './ingestion.repository';

/**
 * Chunks whose points are written together: four requests of the usual size, the usual concurrency, and few enough to be held three times
 * (two being embedded, one being written).
 */
const WINDOW = 256;
/** Windows that are embedded at once: the second starts as the first runs out of requests. */
const AHEAD = 2;

/** How long the other indexes may keep a file whose points are in the active one. */
const OTHERS_MS = 10_000;

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
    private readonly stored: StoredVectors,
  ) {}

  /** @throws WorkLostError, EmbeddingError, VectorStoreError, or the signal's reason */
  async run(file: ClaimedFile, signal: AbortSignal, onProgress: OnProgress): Promise<void> {
    for (const index of await this.registry.writable(signal)) {
      const places = await this.repository.missingPlaces(file, index.id);
      if (places.length === 0) continue;
      const limit = index.state === 'active' ? undefined : AbortSignal.timeout(OTHERS_MS);
      const within = limit ? AbortSignal.any([signal, limit]) : signal;
      try {
        const scopes = places.map(({ scope }) => scope);
        await this.fill(index, file, scopes, within, onProgress);
      } catch (error) {
        if (error instanceof VectorStoreError && error.code === 'NOT_FOUND') this.registry.forgetCollection(index);
        signal.throwIfAborted();
        // Others than the active index are filled by the builder and the upkeep too: a new embedder that fails, a cancelled build, or
        // another vector store that is away or slow must not keep the file out of the active one.
        const isOfIndex = error instanceof EmbeddingError || error instanceof VectorStoreError;
        if (limit && (isOfIndex || limit.aborted)) continue;
        if (error instanceof EmbeddingError && error.waitS !== undefined) await this.catalog.pause(index, error.waitS);
        throw error;
      }
      await this.repository.recordIndexed(file, index.id, places);
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
    // A finished file was added elsewhere: its vectors are there.
    const isLive = file.liveGeneration === file.generation;
    const scope = isLive ? await this.repository.indexedScope(file, index.id) : undefined;
    await this.writer.write(index, this.windows(file, scopes), {
      signal,
      ahead: AHEAD,
      known:
        scope === undefined
          ? undefined
          : (config, pages) =>
              this.stored.read(
                index,
                config,
                pages.map((page) => ({ ...page, scopes: [scope] })),
                { signal },
              ),
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
