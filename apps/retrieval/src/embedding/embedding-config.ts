import { createHash } from 'node:crypto';
import type { EmbeddingEnv } from './embedding-env';

/** Who makes vectors, with which model, and how it is asked. */
export interface EmbeddingConfig {
  /** Empty: the local embedder. */
  engine: EmbeddingEnv['RAG_EMBEDDING_ENGINE'];
  model: string;
  /** Texts in one request. */
  batchSize: number;
  /** Requests open at the same time for one call of `EmbeddingGateway.store`. */
  concurrentRequests: number;
  openai: { url: string; key: string };
  ollama: { url: string; key: string };
}

/** What a fresh installation begins with. */
export function embeddingConfigOf(env: EmbeddingEnv): EmbeddingConfig {
  return {
    engine: env.RAG_EMBEDDING_ENGINE,
    model: env.RAG_EMBEDDING_MODEL,
    batchSize: env.RAG_EMBEDDING_BATCH_SIZE,
    concurrentRequests: env.RAG_EMBEDDING_CONCURRENT_REQUESTS,
    openai: { url: env.RAG_OPENAI_API_BASE_URL, key: env.RAG_OPENAI_API_KEY },
    ollama: { url: env.RAG_OLLAMA_BASE_URL, key: env.RAG_OLLAMA_API_KEY },
  };
}

/**
 * What vectors are known by, in an index and in the cache: `<engine>:<model>`, `local:` for the empty engine. The address
 * is no part of it: the same model on another machine gives the same vectors.
 */
export function embeddingModelId({ engine, model }: Pick<EmbeddingConfig, 'engine' | 'model'>): string {
  return `${engine === '' ? 'local' : engine}:${model}`;
}

/** What a text is known by in the cache and on its chunk row: sha-256, hex, of its UTF-8 bytes. */
export function contentHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
