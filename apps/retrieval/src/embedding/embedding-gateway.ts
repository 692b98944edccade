import { Inject, Injectable } from '@nestjs/common';
import {
  createEmbedder,
  genAiEmbeddingAttributes,
  ProviderError,
  type EmbedderLimits,
  type ServerConnection,
} from '@perennial/model-provider';
import { inSpan, Runtime } from '@perennial/runtime';
import type { Histogram } from 'prom-client';
import { RETRIEVAL_ENV } from '../env';
import { batchesOf, type HashedText } from './batches';
import { Claims } from './claims';
import { EmbeddingCache } from './embedding-cache';
import { embeddingModelId, type EmbeddingConfig } from './embedding-config';
import type { EmbeddingEnv } from './embedding-env';
import { EmbeddingError } from './embedding-error';
import { Slots } from './slots';

/** What `concurrentRequests: 0` stands for. */
const DEFAULT_CONCURRENCY = 4;
/** The local embedder works on one text at a time: one request is worked on while the next one waits at its door. */
const LOCAL_CONCURRENCY = 2;
/** A question waits for a busy embedder no longer than its asker would. */
const QUESTION_LIMITS: Partial<EmbedderLimits> = { attempts: 2, maxPauseMs: 2_000 };

export interface StoreOptions {
  /** Of the index that the vectors are for: an embedder that gives others is refused. */
  dimension: number;
  /** Ends it: nothing more is asked, requests are closed, the call throws the signal's reason. */
  signal?: AbortSignal;
  /** Called after each batch with how many of the texts have a vector. */
  onProgress?: (done: number, total: number) => void;
  /** Of {@link EmbeddingGateway.slots}, for calls that share them; its own unless given. A call that fails ends them. */
  slots?: Slots;
}

/**
 * Texts into vectors, each text once: what a model has embedded is kept in Postgres batch by batch, so a crash, a second
 * base or a repeated upload costs no second request.
 */
@Injectable()
export class EmbeddingGateway {
  readonly #claims = new Claims();
  readonly #seconds: Histogram<'purpose' | 'outcome'>;

  constructor(
    private readonly cache: EmbeddingCache,
    @Inject(RETRIEVAL_ENV) private readonly env: EmbeddingEnv,
    @Inject(Runtime) { metrics }: Runtime,
  ) {
    this.#seconds = metrics.histogram('embedding_seconds', 'Duration of embedding requests', ['purpose', 'outcome']);
  }

  /** As many as this embedder is asked for at a time: for texts that come in several calls, of which the next goes on where one runs out. */
  slots({ engine, concurrentRequests }: EmbeddingConfig): Slots {
    const most = engine === '' ? LOCAL_CONCURRENCY : Infinity;
    return new Slots(Math.min(concurrentRequests || DEFAULT_CONCURRENCY, most));
  }

  /** How many numbers a vector of this model has; asks the embedder. @throws EmbeddingError */
  async dimension(config: EmbeddingConfig, signal?: AbortSignal): Promise<number> {
    const [vector] = await this.#request(config, ['dimension'], 'probe', signal);
    return vector?.length ?? 0;
  }

  /**
   * Sees to it that the cache has a vector of each text. Those that are there already, repetitions, and those that another call
   * of this process is asking for cost nothing; the rest goes to the embedder in batches, some at a time, and each batch is kept
   * while the next one is asked for. A failure keeps what is under way and throws: called again, it goes on with what is missing.
   *
   * Two replicas that embed the same text at the same moment both ask for it; one vector is kept.
   * @returns the vectors that this call has asked for, so that nobody needs to read them again; {@link vectors} has all
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
      // Claimed before the look into the cache: what another call has kept by then is found, what it has not is waited for.
      const { mine, elsewhere, over, release } = this.#claims.claim(model, needed);
      try {
        const missing = await this.#missing(model, mine);
        let left = elsewhere.length + missing.length;
        onProgress?.(total - left, total);
        await this.#inBatches(config, missing, options, async (batch, vectors) => {
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
      await unlessAborted(over, signal);
      needed = elsewhere;
    }
  }

  /** The kept vectors of texts that {@link store} was called with; a hash without one is absent. */
  vectors(config: EmbeddingConfig, hashes: readonly string[]): Promise<Map<string, Float32Array>> {
    return this.cache.vectors(embeddingModelId(config), hashes);
  }

  /**
   * The vectors of questions, in their order. Nothing of them is kept: questions are private, and seldom the same.
   * @throws EmbeddingError, or the signal's reason
   */
  async questions(
    config: EmbeddingConfig,
    texts: readonly string[],
    { dimension, signal }: Pick<StoreOptions, 'dimension' | 'signal'>,
  ): Promise<Float32Array[]> {
    if (texts.length === 0) return [];
    const vectors = await this.#request(config, texts, 'question', signal);
    checkDimension(config, vectors, dimension);
    return vectors;
  }

  async #missing(model: string, texts: readonly HashedText[]): Promise<HashedText[]> {
    const hashes = texts.map(({ hash }) => hash);
    const present = await this.cache.present(model, hashes);
    return texts.filter(({ hash }) => !present.has(hash));
  }

  /**
   * Asks for batches, some at a time, and keeps each one while the next is asked for, so that the embedder waits for nobody. After a failure
   * no other is begun, and those under way are waited for.
   */
  async #inBatches(
    config: EmbeddingConfig,
    texts: readonly HashedText[],
    { dimension, signal, slots = this.slots(config) }: StoreOptions,
    keep: (batch: readonly HashedText[], vectors: readonly Float32Array[]) => Promise<void>,
  ): Promise<void> {
    const work = batchesOf(texts, config.batchSize).map(async (batch) => {
      const vectors = await slots.run(() => this.#documents(config, batch, { dimension, signal }).catch(slots.fail));
      await keep(batch, vectors).catch(slots.fail);
    });
    const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
    signal?.throwIfAborted();
    if (failed?.status === 'rejected') throw failed.reason;
  }

  async #documents(
    config: EmbeddingConfig,
    batch: readonly HashedText[],
    { dimension, signal }: Pick<StoreOptions, 'dimension' | 'signal'>,
  ): Promise<Float32Array[]> {
    const texts = batch.map(({ text }) => text);
    const vectors = await this.#request(config, texts, 'document', signal);
    checkDimension(config, vectors, dimension);
    return vectors;
  }

  async #request(
    config: EmbeddingConfig,
    texts: readonly string[],
    purpose: 'document' | 'question' | 'probe',
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> {
    const connection = this.#connection(config);
    const attributes = { ...genAiEmbeddingAttributes(connection, config.model), 'perennial.texts': texts.length };
    const limits = { timeoutMs: this.env.RAG_EMBEDDING_TIMEOUT * 1000, ...(purpose !== 'document' && QUESTION_LIMITS) };
    const startedAt = performance.now();
    const observe = (outcome: 'ok' | 'error') =>
      this.#seconds.observe({ purpose, outcome }, (performance.now() - startedAt) / 1000);
    try {
      const { vectors } = await inSpan(`embeddings ${config.model}`, { attributes }, () =>
        createEmbedder(connection, config.model, limits).embed(texts, { signal }),
      );
      observe('ok');
      return vectors;
    } catch (error) {
      signal?.throwIfAborted();
      observe('error');
      throw error instanceof ProviderError ? EmbeddingError.from(error) : error;
    }
  }

  #connection({ engine, openai, ollama }: EmbeddingConfig): ServerConnection {
    switch (engine) {
      case '': {
        const baseUrl = this.env.RAG_LOCAL_EMBEDDER_URL;
        if (baseUrl !== undefined) return { kind: 'openai', baseUrl };
        throw new EmbeddingError(
          'setup',
          'No embedder is configured: set RAG_LOCAL_EMBEDDER_URL, or choose the engine openai or ollama',
        );
      }
      case 'openai':
        return { kind: 'openai', baseUrl: openai.url, ...(openai.key && { apiKey: openai.key }) };
      case 'ollama':
        return { kind: 'ollama', baseUrl: ollama.url, ...(ollama.key && { apiKey: ollama.key }) };
    }
  }
}

function checkDimension({ model }: EmbeddingConfig, vectors: readonly Float32Array[], dimension: number): void {
  const given = vectors[0]?.length;
  if (given === undefined || given === dimension) return;
  throw new EmbeddingError(
    'setup',
    `The embedding model ${model} now gives ${given} dimensions, and the index has ${dimension}: choose the model again to have all documents indexed anew`,
  );
}

/** Waits for `work`, which goes on, only as long as the signal allows. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return void (await work);
  let leave!: () => void;
  const aborted = new Promise<void>((resolve) => {
    leave = () => resolve();
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
