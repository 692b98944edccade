import {
  createEmbedder,
  type EmbedderLimits,
  genAiEmbeddingAttributes,
  ProviderError,
  type ServerConnection,
} from '@perennial/model-provider';
import { type Distribution, inSpan, type Metrics } from '@perennial/runtime';
import { type EmbeddingConfig, embeddingModelId } from './embedding-config';
import type { EmbeddingEnv } from './embedding-env';
import { EmbeddingError } from './embedding-error';
import { LearnedLimits } from './learned-limits';
import type { EmbedderConnection } from './text-embedder';

/** A query waits for a busy embedder no longer than its caller would. */
const BRIEF: Partial<EmbedderLimits> = { attempts: 2, maxPauseMs: 2_000 };
/** While the cause of a failure is searched, a part of a request gets a part of the time, but at least this. */
const SHORTEST_TIMEOUT_MS = 10_000;

type Purpose = 'document' | 'question' | 'probe';

export interface RequestOptions {
  /** Dimension of the index. */
  dimension: number;
  signal?: AbortSignal;
}

/** Requests to the embedder for an index, with metrics, and the learned limits of each connection. */
export class EmbeddingRequests {
  private readonly limits = new LearnedLimits();
  private readonly seconds: Distribution<'purpose' | 'outcome'>;

  constructor(
    private readonly env: EmbeddingEnv,
    metrics: Metrics,
  ) {
    this.seconds = metrics.histogram('embedding_seconds', 'Duration of embedding requests', ['purpose', 'outcome']);
  }

  /**
   * The dimension of a vector.
   *
   * @throws EmbeddingError
   */
  async dimension(config: EmbeddingConfig, signal?: AbortSignal): Promise<number> {
    const [vector] = await this.request(config, ['dimension'], 'probe', BRIEF, signal);
    return vector?.length ?? 0;
  }

  /**
   * With long time-outs, and a search for the cause of a failure.
   *
   * @throws EmbeddingError when there is no such connection
   */
  documents(config: EmbeddingConfig, { dimension, signal }: RequestOptions): EmbedderConnection {
    const timeoutMs = this.env.RAG_EMBEDDING_TIMEOUT * 1_000;
    return this.connectionOf(config, async (texts, share) => {
      const part = {
        ...BRIEF,
        timeoutMs: Math.round(Math.max(timeoutMs * (share ?? 1), Math.min(timeoutMs, SHORTEST_TIMEOUT_MS))),
      };
      const vectors = await this.request(config, texts, 'document', share === undefined ? {} : part, signal);
      return ofDimension(config, vectors, dimension);
    });
  }

  /**
   * With short time-outs: requests beyond a limit are split, any other failure is final.
   *
   * @throws EmbeddingError
   */
  questions(config: EmbeddingConfig, { dimension, signal }: RequestOptions): EmbedderConnection {
    return this.connectionOf(config, async (texts) => {
      try {
        return ofDimension(config, await this.request(config, texts, 'question', BRIEF, signal), dimension);
      } catch (error) {
        throw error instanceof EmbeddingError && !error.refusal && !error.tooLong ? error.ofAll() : error;
      }
    });
  }

  private connectionOf(config: EmbeddingConfig, ask: EmbedderConnection['ask']): EmbedderConnection {
    const known = `${this.server(config).baseUrl} ${embeddingModelId(config)}`;
    return { ask, limits: () => this.limits.of(known), learn: (seen) => this.limits.learn(known, seen) };
  }

  private async request(
    config: EmbeddingConfig,
    texts: readonly string[],
    purpose: Purpose,
    limits: Partial<EmbedderLimits>,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> {
    const server = this.server(config);
    const attributes = { ...genAiEmbeddingAttributes(server, config.model), 'perennial.texts': texts.length };
    const all = { timeoutMs: this.env.RAG_EMBEDDING_TIMEOUT * 1_000, ...limits };
    const startedAt = performance.now();
    const observe = (outcome: 'ok' | 'error') =>
      this.seconds.observe({ purpose, outcome }, (performance.now() - startedAt) / 1000);
    try {
      const { vectors } = await inSpan(`embeddings ${config.model}`, { attributes }, () =>
        createEmbedder(server, config.model, all).embed(texts, { signal }),
      );
      observe('ok');
      return vectors;
    } catch (error) {
      signal?.throwIfAborted();
      observe('error');
      throw error instanceof ProviderError ? EmbeddingError.from(error) : error;
    }
  }

  private server({ engine, openai, ollama }: EmbeddingConfig): ServerConnection {
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

function ofDimension({ model }: EmbeddingConfig, vectors: Float32Array[], dimension: number): Float32Array[] {
  const given = vectors[0]?.length;
  if (given === undefined || given === dimension) return vectors;
  throw new EmbeddingError(
    'setup',
    `The embedding model ${model} now gives ${given} dimensions, and the index has ${dimension}: choose the model again to index all documents again`,
    { mayBeText: true },
  );
}
