import { Inject, Injectable } from '@nestjs/common';
import { pointId, VectorStoreError, type Point, type VectorStore } from '@perennial/vector-store';
import type { EmbeddingConfig } from '../embedding/embedding-config';
import { EmbeddingError } from '../embedding/embedding-error';
import { EmbeddingGateway, type StoreOptions } from '../embedding/embedding-gateway';
import { IndexCatalog, type VectorIndex } from '../search-index/index-catalog';
import { IndexRegistry } from '../search-index/index-registry';
import { KeySeal } from '../settings/key-seal';
import { openEmbedding } from '../settings/settings';
import { VECTOR_STORE } from '../stores/tokens';
import { IngestionRepository, type StoredChunk } from './ingestion.repository';
import type { ClaimedFile } from './claimed-file';

/**
 * Chunks whose points are written together: four requests of the usual size, the usual concurrency, and few enough to be held three times
 * (two being embedded, one being written).
 */
const WINDOW = 256;
/** Windows that are embedded at once: the second starts as the first runs out of requests. */
const AHEAD = 2;

/** Chunks in transit to their vectors. */
interface Window {
  chunks: Promise<StoredChunk[]>;
  vectors: Promise<ReadonlyMap<string, Float32Array>>;
}

/** Progress: `done` chunks of all. */
export type OnProgress = (step: 'embed' | 'index', done: number) => void;

/**
 * From stored chunks to points in every writable index, in every scope of the file. While the points of one window are written the next is
 * embedded. Idempotent: vectors are cached, points have the ids of their chunks.
 */
@Injectable()
export class IndexStep {
  constructor(
    private readonly repository: IngestionRepository,
    private readonly registry: IndexRegistry,
    private readonly catalog: IndexCatalog,
    private readonly gateway: EmbeddingGateway,
    private readonly seal: KeySeal,
    @Inject(VECTOR_STORE) private readonly store: VectorStore,
  ) {}

  /** @throws FileLostError, EmbeddingError, VectorStoreError, or the signal's reason */
  async run(file: ClaimedFile, signal: AbortSignal, onProgress: OnProgress): Promise<void> {
    for (const index of await this.registry.writable(signal)) {
      const scopes = await this.repository.missingScopes(file, index.id);
      if (scopes.length === 0) continue;
      try {
        await this.#fill(index, file, scopes, signal, onProgress);
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

  async #fill(
    index: VectorIndex,
    file: ClaimedFile,
    scopes: readonly string[],
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<void> {
    const config = openEmbedding(index.embedding, (sealed) => this.seal.open(sealed));
    const limiter = this.gateway.limiter(config);
    let embedded = 0;
    const begin = (from: number): Window => {
      const chunks = this.repository.chunks(file.id, file.generation, from, WINDOW);
      let before = 0;
      const onDone = (done: number): void => {
        embedded += done - before;
        before = done;
        onProgress('embed', embedded);
      };
      const vectors = chunks.then((texts) =>
        this.#vectors(config, texts, { dimension: index.dimension, signal, limiter, onProgress: onDone }),
      );
      // Its failure is handled where it is awaited, which may be after another one's.
      vectors.catch(() => undefined);
      return { chunks, vectors };
    };
    const windows = Array.from({ length: AHEAD }, (_, at) => begin(at * WINDOW));
    let writing: Promise<void> = Promise.resolve();
    try {
      for (let from = AHEAD * WINDOW; ; from += WINDOW) {
        const [chunks, vectors] = await Promise.all([windows[0]!.chunks, windows[0]!.vectors]);
        if (chunks.length === 0) break;
        windows.shift();
        windows.push(begin(from));
        await writing;
        signal.throwIfAborted();
        await this.repository.assertMine(file);
        writing = this.#write(index, file, scopes, chunks, vectors, signal);
        writing.catch(() => undefined);
      }
      await this.repository.reach(file, 'index', true);
      onProgress('index', embedded);
    } finally {
      // No request may be in flight when the file is released or another step begins.
      limiter.end(new Error('the file is not embedded any further'));
      await Promise.allSettled([writing, ...windows.map(({ vectors }) => vectors)]);
    }
    await writing;
  }

  /** Vectors that were just computed, and cached ones of the others. */
  async #vectors(
    config: EmbeddingConfig,
    chunks: readonly StoredChunk[],
    options: StoreOptions,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    const made = await this.gateway.store(config, chunks, options).catch((error: unknown) => {
      const chunk = error instanceof EmbeddingError && chunks.find(({ hash }) => hash === error.hash);
      throw chunk ? error.at(chunk) : error;
    });
    const others = chunks.map(({ hash }) => hash).filter((hash) => !made.has(hash));
    if (others.length === 0) return made;
    return new Map([...made, ...(await this.gateway.vectors(config, others))]);
  }

  async #write(
    index: VectorIndex,
    file: ClaimedFile,
    scopes: readonly string[],
    chunks: readonly StoredChunk[],
    vectors: ReadonlyMap<string, Float32Array>,
    signal: AbortSignal,
  ): Promise<void> {
    for (const scope of scopes) {
      const points = chunks.map(({ ordinal, text, hash }): Point => {
        const vector = vectors.get(hash);
        // Pruned between two statements: the next try embeds it again.
        if (!vector) throw new Error('a vector that was kept a moment ago is gone');
        const place = { scope, fileId: file.id, generation: file.generation, ordinal };
        return { id: pointId(place), ...place, vector, text };
      });
      await this.store.upsert(index.collection, points, { signal });
    }
  }
}
