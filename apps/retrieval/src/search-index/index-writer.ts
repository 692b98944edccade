import { Inject, Injectable } from '@nestjs/common';
import type { ConcurrencyLimiter } from '@perennial/runtime';
import { type Point, pointId, VectorStores } from '@perennial/vector-store';
import type { EmbeddingConfig } from '../embedding/embedding-config';
import { EmbeddingError } from '../embedding/embedding-error';
import { EmbeddingGateway } from '../embedding/embedding-gateway';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { KeySeal } from '../settings/key-seal';
import { openEmbedding } from '../settings/settings';
import { refusalOfEmbedder } from '../stores/residence';
import { VECTOR_STORES } from '../stores/tokens';
import type { StoredChunk } from './chunks.repository';
import type { VectorIndex } from './index-catalog';
import { IndexRegistry } from './index-registry';

/** Chunks of one generation of a file, and the scopes in which their points are written. */
export interface Page {
  fileId: string;
  generation: number;
  scopes: readonly string[];
  /** Names the vector store, and rules which embedder may see the texts. */
  residence: string | null;
  chunks: readonly StoredChunk[];
}

export interface WriteOptions<P extends Page> {
  signal: AbortSignal;
  /**
   * Batches that are embedded concurrently (default 1). They share the concurrency limit of the embedder, and end together when it fails.
   */
  ahead?: number;
  /** Vectors that need not be embedded, by the hash of the text. */
  known?: ((config: EmbeddingConfig, pages: readonly P[]) => Promise<ReadonlyMap<string, Float32Array>>) | undefined;
  /** Called when further vectors are ready, with their number. */
  onEmbedded?: (chunks: number) => void;
  /** Called when all texts are embedded, while the last batch is still being written. */
  afterEmbedding?: () => Promise<void>;
  /** Called before a batch is written. If it throws, the writing ends. */
  beforeWrite?: () => Promise<void>;
  /** Called when the points of these pages are written. */
  afterWrite?: (pages: readonly P[]) => Promise<void>;
  /**
   * Called when the embedder rejects a text of this page: nothing more of its file is written. Without it, the rejection is thrown.
   */
  onRefused?: (page: P, message: string) => Promise<void>;
}

/** Of the headings above a chunk together, in UTF-16 code units. */
const MAX_HEADING_LENGTH = 1_000;

interface EmbeddedBatch<P extends Page> {
  pages: readonly P[];
  vectors: ReadonlyMap<string, Float32Array>;
}

/**
 * Writes chunks into an index: while the points of one batch are written, the next one is embedded. Idempotent: vectors are cached, and
 * points have the ids of their chunks.
 */
@Injectable()
export class IndexWriter {
  constructor(
    private readonly embeddings: EmbeddingGateway,
    private readonly seal: KeySeal,
    private readonly registry: IndexRegistry,
    @Inject(VECTOR_STORES) private readonly stores: VectorStores,
    @Inject(RETRIEVAL_ENV) private readonly env: Pick<RetrievalEnv, 'PLACEMENTS'>,
  ) {}

  /**
   * @param batches the pages of a batch share requests to the embedder and the store; at most `ahead` + 1 batches are held in memory
   *
   * @throws EmbeddingError, VectorStoreError, an error of the options, or the signal's reason; no request is in progress then
   */
  async write<P extends Page>(
    index: VectorIndex,
    batches: AsyncIterable<readonly P[]>,
    options: WriteOptions<P>,
  ): Promise<void> {
    const { signal, ahead = 1 } = options;
    const write = (points: readonly Point[], residence: string | null) => this.put(index, points, residence, signal);
    const config = this.toConfig(index);
    const refusal = (residence: string | null) => this.refusal(residence, index, config);
    const writing = new BatchWriting(this.embeddings, write, index, config, options, refusal);
    const embedded: Promise<EmbeddedBatch<P>>[] = [];
    try {
      for await (const pages of batches) {
        const next = embedded.length === ahead ? await embedded.shift() : undefined;
        signal.throwIfAborted();
        const batch = writing.embed(pages);
        // The rejection is handled where the batch is awaited, which may be after that of another batch.
        batch.catch(() => undefined);
        embedded.push(batch);
        if (next) await writing.write(next);
      }
      for (let next = embedded.shift(); next; next = embedded.shift()) await writing.write(await next);
      await options.afterEmbedding?.();
      await writing.written;
    } finally {
      await writing.end(embedded);
    }
  }

  /**
   * Why texts of this residence may not be sent to the embedder; undefined: they may.
   *
   * @throws StoreUnavailableError when this process does not know the placement: it cannot tell, so the texts wait for one that does
   */
  private refusal(residence: string | null, { store }: VectorIndex, config: EmbeddingConfig): string | undefined {
    this.stores.at(residence, store);
    return refusalOfEmbedder(this.env.PLACEMENTS, residence, config);
  }

  private async put(
    index: VectorIndex,
    points: readonly Point[],
    residence: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    // The caller has made sure of the installation's.
    if (this.stores.isSeparate(residence)) await this.registry.ensureCollection(index, signal, residence);
    await this.stores.at(residence, index.store).upsert(index.collection, points, { signal });
  }

  private toConfig({ embedding }: VectorIndex): EmbeddingConfig {
    return openEmbedding(embedding, (sealed) => this.seal.open(sealed));
  }
}

class BatchWriting<P extends Page> {
  /** The write of the last batch. */
  written: Promise<void> = Promise.resolve();
  private readonly refused = new Set<string>();
  private isOver = false;
  private limiter: ConcurrencyLimiter;

  constructor(
    private readonly embeddings: EmbeddingGateway,
    private readonly upsert: (points: readonly Point[], residence: string | null) => Promise<void>,
    private readonly index: VectorIndex,
    private readonly config: EmbeddingConfig,
    private readonly options: WriteOptions<P>,
    private readonly refusalOf: (residence: string | null) => string | undefined,
  ) {
    this.limiter = embeddings.limiter(config);
  }

  async embed(pages: readonly P[]): Promise<EmbeddedBatch<P>> {
    for (const page of pages) await this.refuseElsewhere(page);
    for (;;) {
      const accepted = pages.filter(({ fileId }) => !this.refused.has(fileId));
      try {
        return { pages: accepted, vectors: await this.vectors(accepted) };
      } catch (error) {
        await this.leaveOut(error, accepted);
      }
    }
  }

  /** No text is sent to an embedder that its placement does not allow. */
  private async refuseElsewhere(page: P): Promise<void> {
    const refusal = this.refusalOf(page.residence);
    if (refusal === undefined || this.refused.has(page.fileId)) return;
    const { onRefused } = this.options;
    if (!onRefused) throw new EmbeddingError('text', refusal, { refusal: true });
    this.refused.add(page.fileId);
    await onRefused(page, refusal);
  }

  /** Starts to write a batch when the previous one is written. */
  async write({ pages, vectors }: EmbeddedBatch<P>): Promise<void> {
    await this.written;
    this.options.signal.throwIfAborted();
    await this.options.beforeWrite?.();
    this.written = this.put(
      pages.filter(({ fileId }) => !this.refused.has(fileId)),
      vectors,
    );
    this.written.catch(() => undefined);
  }

  /** Resolves when no request is in progress: the file may be released, or the next step may start. */
  async end(embedding: readonly Promise<unknown>[]): Promise<void> {
    this.isOver = true;
    this.limiter.end(new Error('nothing more is embedded'));
    await Promise.allSettled([this.written, ...embedding]);
  }

  /** New vectors, and cached ones for the other chunks. */
  private async vectors(pages: readonly P[]): Promise<ReadonlyMap<string, Float32Array>> {
    const { signal, onEmbedded } = this.options;
    const known = (await this.options.known?.(this.config, pages)) ?? new Map<string, Float32Array>();
    const chunks = pages.flatMap((page) => page.chunks.filter(({ hash }) => !known.has(hash)));
    if (chunks.length === 0) return known;
    let before = 0;
    const onProgress = (done: number): void => {
      onEmbedded?.(done - before);
      before = done;
    };
    const options = { dimension: this.index.dimension, signal, limiter: this.limiter, onProgress };
    const made = await this.embeddings.store(this.config, chunks, options);
    const others = chunks.map(({ hash }) => hash).filter((hash) => !made.has(hash));
    const cached = others.length === 0 ? [] : await this.embeddings.vectors(this.config, [...new Set(others)]);
    return new Map([...known, ...made, ...cached]);
  }

  /**
   * Reports and leaves out the files with rejected texts.
   *
   * @throws the error if there is no `onRefused`, or if no text caused it
   */
  private async leaveOut(error: unknown, pages: readonly P[]): Promise<void> {
    if (!(error instanceof EmbeddingError)) throw error;
    const refusals = pages.flatMap((page) => {
      const chunk = page.chunks.find(({ hash }) => hash === error.hash);
      return chunk ? [{ page, refusal: error.at(chunk) }] : [];
    });
    const { onRefused } = this.options;
    if (!onRefused || error.fault !== 'text' || refusals.length === 0) throw refusals[0]?.refusal ?? error;
    // Another batch has ended the writing: nothing more is embedded, and no file is charged.
    if (this.isOver) throw error;
    // The failure has ended the limiter.
    this.limiter = this.embeddings.limiter(this.config);
    for (const { page, refusal } of refusals) {
      this.refused.add(page.fileId);
      await onRefused(page, refusal.message);
    }
  }

  private async put(pages: readonly P[], vectors: ReadonlyMap<string, Float32Array>): Promise<void> {
    const { signal, afterWrite } = this.options;
    for (const residence of new Set(pages.map((page) => page.residence))) {
      const points = pointsOf(
        pages.filter((page) => page.residence === residence),
        vectors,
      );
      if (points.length > 0) await this.upsert(points, residence);
    }
    signal.throwIfAborted();
    await afterWrite?.(pages);
  }
}

function pointsOf(pages: readonly Page[], vectors: ReadonlyMap<string, Float32Array>): Point[] {
  return pages.flatMap(({ fileId, generation, scopes, chunks }) =>
    chunks.flatMap((chunk) => {
      const vector = vectors.get(chunk.hash);
      // The cache may have been cleared between two statements: the next attempt embeds the text again.
      if (!vector) throw new Error('a vector that was just cached is missing');
      const text = wordsOf(chunk);
      return scopes.map((scope) => {
        const ref = { scope, fileId, generation, ordinal: chunk.ordinal };
        return { id: pointId(ref), ...ref, vector, text };
      });
    }),
  );
}

/** What a chunk is found by: the names of its document and its section too, which its text may never mention. */
function wordsOf({ name, heading, text }: StoredChunk): string {
  return [name, ...(heading === null ? [] : [heading.slice(0, MAX_HEADING_LENGTH)]), text].join('\n');
}
