import type { EmbeddingEnv } from './embedding-env';

/** Embedder, model, and parameters of requests. */
export interface EmbeddingConfig {
  /** Empty: the local embedder. */
  engine: EmbeddingEnv['RAG_EMBEDDING_ENGINE'];
  model: string;
  /** Texts in one request. */
  batchSize: number;
  /** Concurrent requests of one call of `EmbeddingGateway.store`. */
  concurrentRequests: number;
  openai: { url: string; key: string };
  ollama: { url: string; key: string };
}

/**
 * Key of vectors in an index and in the cache: `<engine>:<model>`, `local:` for the empty engine. The address is not part of it: the same
 * model on another machine gives the same vectors.
 */
export function embeddingModelId({ engine, model }: Pick<EmbeddingConfig, 'engine' | 'model'>): string {
  return `${engine === '' ? 'local' : engine}:${model}`;
}
