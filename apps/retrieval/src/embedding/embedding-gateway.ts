import { Inject, Injectable } from '@nestjs/common';
import { ConcurrencyLimiter, raceAbort, Runtime } from '@perennial/runtime';
import { RETRIEVAL_ENV } from '../env';
import { batchesOf, type HashedText } from './batches';
import { EmbeddingCache } from './embedding-cache';
import { type EmbeddingConfig, embeddingModelId } from './embedding-config';
import type { EmbeddingEnv } from './embedding-env';
import { EmbeddingRequests } from './embedding-requests';
import { InFlightTexts } from './in-flight-texts';
import { TextEmbedder } from './text-embedder';

/** Meaning of `concurrentRequests: 0`. */
const DEFAULT_CONCURRENCY = 4;
/** The local embedder works on one text at a time: one request runs while the next one waits in its queue. */
const LOCAL_CONCURRENCY = 2;

export interface StoreOptions {
  /** Dimension of the index: an embedder with another one is refused. */
  dimension: number;
  /** Cancels the call: no further requests, open ones are closed, the call throws the signal's reason. */
  signal?: AbortSignal;
  /** Called after each batch with the number of texts that have a vector. */
  onProgress?: (done: number, total: number) => void;
  /** A {@link EmbeddingGateway.limiter} for calls that share it; its own by default. A call that fails ends it. */
  limiter?: ConcurrencyLimiter;
}

/**
 * Embeds texts, each once: vectors are stored in Postgres batch by batch, so a crash, a second base or a repeated upload needs no second
 * request.
 */
@Injectable()
export class EmbeddingGateway {
  private readonly claims = new InFlightTexts();
  private readonly requests: EmbeddingRequests;

  constructor(
    private readonly cache: EmbeddingCache,
    @Inject(RETRIEVAL_ENV) env: EmbeddingEnv,
    @Inject(Runtime) { metrics }: Runtime,
  ) {
    this.requests = new EmbeddingRequests(env, metrics);
  }

  /**
   * A limiter with this embedder's concurrency, for consecutive calls of which the next starts as the last one runs out.
   */
  limiter({ engine, concurrentRequests }: EmbeddingConfig): ConcurrencyLimiter {
    const most = engine === '' ? LOCAL_CONCURRENCY : Infinity;
    return new ConcurrencyLimiter(Math.min(concurrentRequests || DEFAULT_CONCURRENCY, most));
  }

  /**
   * The dimension of this model's vectors, from the embedder.
   *
   * @throws EmbeddingError
   */
  async dimension(config: EmbeddingConfig, signal?: AbortSignal): Promise<number> {
    return this.requests.dimension(config, signal);
  }

  /**
   * Ensures that the cache has a vector of each text. Present texts, repetitions, and texts that another call of this process is embedding
   * cost nothing; the rest goes to the embedder in batches, some at a time, and each batch is stored while the next one is requested. After a
   * failure batches in flight are still stored, and then it throws; a repeated call continues with the missing texts.
   * Two replicas that embed the same text concurrently both request it; one vector is stored.
   *
   * @returns the vectors that this call has requested, so that they need not be read again; {@link vectors} has all
   * @throws EmbeddingError
   */
  async store(
    config: EmbeddingConfig,
    texts: readonly HashedText[],
    options: StoreOptions,
  ): Promise<Map<string, Float32Array>> {
    const { signal, onProgress } = options;
    const made = new Map<string, Float32Array>();
    const model = embeddingModelId(config);
    let needed = [...new Map(texts.map((text) => [text.hash, text])).values()];
    const total = needed.length;
    for (;;) {
      signal?.throwIfAborted();
      // Claimed before the cache is read: texts that another call has stored by then are found, the others are waited for.
      const { mine, elsewhere, over, release } = this.claims.claim(model, needed);
      try {
        const missing = await this.missing(model, mine);
        let left = elsewhere.length + missing.length;
        onProgress?.(total - left, total);
        await this.inBatches(config, missing, options, async (batch, vectors) => {
          await this.cache.add(
            model,
            batch.map(({ hash }, index) => ({ hash, vector: vectors[index]! })),
          );
          batch.forEach(({ hash }, index) => made.set(hash, vectors[index]!));
          left -= batch.length;
          onProgress?.(total - left, total);
        });
      } finally {
        release();
      }
      if (elsewhere.length === 0) return made;
      await raceAbort(over, signal);
      needed = elsewhere;
    }
  }

  /** The cached vectors of texts that {@link store} was called with; a hash without one is absent. */
  vectors(config: EmbeddingConfig, hashes: readonly string[]): Promise<Map<string, Float32Array>> {
    return this.cache.vectors(embeddingModelId(config), hashes);
  }

  /**
   * The vectors of queries, in order. They are not cached: queries are private, and seldom repeated.
   *
   * @throws EmbeddingError, or the signal's reason
   */
  async questions(
    config: EmbeddingConfig,
    texts: readonly string[],
    { dimension, signal }: Pick<StoreOptions, 'dimension' | 'signal'>,
  ): Promise<Float32Array[]> {
    const wanted = texts.map((text, at) => ({ hash: String(at), text }));
    const vectors: Float32Array[] = [];
    const connection = this.requests.questions(config, { dimension, signal });
    await new TextEmbedder(connection, async (_part, made) => void vectors.push(...made)).embed(wanted);
    return vectors;
  }

  private async missing(model: string, texts: readonly HashedText[]): Promise<HashedText[]> {
    const hashes = texts.map(({ hash }) => hash);
    const present = await this.cache.present(model, hashes);
    return texts.filter(({ hash }) => !present.has(hash));
  }

  /**
   * Requests batches, some at a time, and stores each while the next is requested, so that the embedder never idles. After a failure no
   * further batch starts, and those in flight are awaited.
   */
  private async inBatches(
    config: EmbeddingConfig,
    texts: readonly HashedText[],
    { dimension, signal, limiter = this.limiter(config) }: StoreOptions,
    keep: (batch: readonly HashedText[], vectors: readonly Float32Array[]) => Promise<void>,
  ): Promise<void> {
    const connection = this.requests.documents(config, { dimension, signal });
    const size = Math.min(config.batchSize, connection.limits().texts);
    const keeping: Promise<void>[] = [];
    const embedder = new TextEmbedder(connection, async (part, vectors) => {
      const kept = keep(part, vectors).catch(limiter.fail);
      kept.catch(() => undefined);
      keeping.push(kept);
    });
    const work = batchesOf(texts, size).map((batch) => limiter.run(() => embedder.embed(batch).catch(limiter.fail)));
    const failed = (await allSettled(work, keeping)).find(({ status }) => status === 'rejected');
    signal?.throwIfAborted();
    if (failed?.status === 'rejected') throw failed.reason;
  }
}

/** Waits for both lists; the first may add to the second. */
async function allSettled(
  work: readonly Promise<void>[],
  keeping: readonly Promise<void>[],
): Promise<PromiseSettledResult<void>[]> {
  const done = await Promise.allSettled(work);
  return [...done, ...(await Promise.allSettled(keeping))];
}
