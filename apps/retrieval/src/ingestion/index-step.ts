import { Inject, Injectable } from '@nestjs/common';
import { pointId, VectorStoreError, type Point, type VectorStore } from '@perennial/vector-store';
import type { EmbeddingConfig } from '../embedding/embedding-config';
import { EmbeddingError } from '../embedding/embedding-error';
import { EmbeddingGateway } from '../embedding/embedding-gateway';
import type { VectorIndex } from '../index/index-catalog';
import { IndexRegistry } from '../index/index-registry';
import { KeySeal } from '../settings/key-seal';
import { openEmbedding } from '../settings/settings';
import { VECTOR_STORE } from '../stores/tokens';
import { IngestionRepository, type StoredChunk } from './ingestion.repository';
import type { TakenFile } from './taken-file';

/**
 * Chunks that are embedded together before their points are written: four requests of the usual size, as many as are open at once, and
 * little enough to be held three times (being read, being embedded, being written).
 */
const WINDOW = 256;

/** How far it is: `done` chunks of all. */
export type OnProgress = (step: 'embed' | 'index', done: number) => void;

/**
 * From stored chunks to points in every index that is written to, in every scope where the file is placed. While the points of one window
 * are written the next is being embedded. Everything can be repeated: vectors are kept, points have the ids of their chunks.
 */
@Injectable()
export class IndexStep {
  constructor(
    private readonly repository: IngestionRepository,
    private readonly registry: IndexRegistry,
    private readonly gateway: EmbeddingGateway,
    private readonly seal: KeySeal,
    @Inject(VECTOR_STORE) private readonly store: VectorStore,
  ) {}

  /** @throws FileLostError, EmbeddingError, VectorStoreError, or the signal's reason */
  async run(file: TakenFile, signal: AbortSignal, onProgress: OnProgress): Promise<void> {
    for (const index of await this.registry.writable(signal)) {
      const scopes = await this.repository.missingScopes(file, index.id);
      if (scopes.length === 0) continue;
      try {
        await this.#fill(index, file, scopes, signal, onProgress);
      } catch (error) {
        const gone = error instanceof VectorStoreError && error.code === 'NOT_FOUND';
        if (gone) this.registry.forgetCollection(index);
        // What is being built gets the file from its builder: a new embedder that fails, or a build that was given up meanwhile, must not
        // keep the file from being found where searches look now.
        if (index.state === 'building' && (gone || error instanceof EmbeddingError)) continue;
        throw error;
      }
      await this.repository.recordIndexed(file, index.id, scopes);
    }
  }

  async #fill(
    index: VectorIndex,
    file: TakenFile,
    scopes: readonly string[],
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<void> {
    const config = openEmbedding(index.embedding, (sealed) => this.seal.open(sealed));
    let embedded = 0;
    let writing: Promise<void> = Promise.resolve();
    let reading = this.#read(file, 0);
    try {
      for (let chunks = await reading; chunks.length > 0; chunks = await reading) {
        const before = embedded;
        reading = this.#read(file, chunks.at(-1)!.ordinal + 1);
        // Its failure is met where it is awaited, which may be after that of the embedder.
        reading.catch(() => undefined);
        const made = await this.gateway.store(config, chunks, {
          dimension: index.dimension,
          signal,
          onProgress: (done, total) => onProgress('embed', before + Math.floor((done / total) * chunks.length)),
        });
        embedded += chunks.length;
        await writing;
        signal.throwIfAborted();
        await this.repository.assertMine(file);
        const vectors = await this.#vectors(config, chunks, made);
        writing = this.#write(index, file, scopes, chunks, vectors, signal);
        writing.catch(() => undefined);
      }
      await this.repository.reach(file, 'index', true);
      onProgress('index', embedded);
    } finally {
      // Nothing may be under way when the file is given back or another step begins.
      await writing.catch(() => undefined);
    }
    await writing;
  }

  #read(file: TakenFile, from: number): Promise<StoredChunk[]> {
    return this.repository.chunks(file.id, file.generation, from, WINDOW);
  }

  /** Those that were just made, and what was kept before of the others. */
  async #vectors(
    config: EmbeddingConfig,
    chunks: readonly StoredChunk[],
    made: ReadonlyMap<string, Float32Array>,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    const others = chunks.map(({ hash }) => hash).filter((hash) => !made.has(hash));
    if (others.length === 0) return made;
    return new Map([...made, ...(await this.gateway.vectors(config, others))]);
  }

  async #write(
    index: VectorIndex,
    file: TakenFile,
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
