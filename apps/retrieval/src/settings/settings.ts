import type { EmbeddingEngine } from '@perennial/contracts-retrieval';
import type { RetrievalSettings } from '@perennial/contracts-wire';
import type { EmbeddingConfig } from '../embedding/embedding-config';
import type { EmbeddingEnv } from '../embedding/embedding-env';
import type { SettingsEnv } from './settings-env';

/** An embedding server; its key is decrypted only for a request. */
export interface SealedServer {
  url: string;
  sealedKey: string | null;
}

/** The embedding settings of the admin. The active index has its own. */
export interface SealedEmbedding {
  engine: EmbeddingEngine;
  model: string;
  batchSize: number;
  concurrentRequests: number;
  openai: SealedServer;
  ollama: SealedServer;
}

/** Servers among the settings of documents: the names of their address and their key, and under what name the row has the key, encrypted. */
export const SETTINGS_SERVERS = [
  {
    url: 'RAG_EXTERNAL_RERANKER_URL',
    key: 'RAG_EXTERNAL_RERANKER_API_KEY',
    sealed: 'rerankerKey',
    what: 'a reranker',
  },
  {
    url: 'AUDIO_STT_OPENAI_API_BASE_URL',
    key: 'AUDIO_STT_OPENAI_API_KEY',
    sealed: 'transcriptionKey',
    what: 'a transcription server',
  },
  {
    url: 'VISION_OPENAI_API_BASE_URL',
    key: 'VISION_OPENAI_API_KEY',
    sealed: 'visionKey',
    what: 'a vision model',
  },
] as const;

type SettingsServer = (typeof SETTINGS_SERVERS)[number];

/** The settings of documents, with keys encrypted. */
export type SealedSettings = Omit<RetrievalSettings, SettingsServer['key']> &
  Record<SettingsServer['sealed'], string | null>;

/** All settings of one version. Immutable. */
export interface SettingsState {
  version: number;
  retrieval: SealedSettings;
  embedding: SealedEmbedding;
}

/** False: searches read whole texts, and files get no points. */
export function usesIndex({ retrieval }: SettingsState): boolean {
  return !retrieval.BYPASS_EMBEDDING_AND_RETRIEVAL;
}

/**
 * Settings of a new installation.
 *
 * @param seal encrypts a key; null for an empty one
 */
export function settingsOf(env: SettingsEnv, seal: (key: string) => string | null): SealedSettings {
  return {
    RAG_TEMPLATE: env.RAG_TEMPLATE,
    TOP_K: env.RAG_TOP_K,
    RELEVANCE_THRESHOLD: env.RAG_RELEVANCE_THRESHOLD,
    TOP_K_RERANKER: env.RAG_TOP_K_RERANKER,
    RAG_RERANKING_ENGINE: env.RAG_RERANKING_ENGINE,
    RAG_RERANKING_MODEL: env.RAG_RERANKING_MODEL,
    RAG_RERANKING_BATCH_SIZE: env.RAG_RERANKING_BATCH_SIZE,
    RAG_EXTERNAL_RERANKER_URL: env.RAG_EXTERNAL_RERANKER_URL ?? '',
    rerankerKey: seal(env.RAG_EXTERNAL_RERANKER_API_KEY),
    RAG_EXTERNAL_RERANKER_TIMEOUT: String(env.RAG_EXTERNAL_RERANKER_TIMEOUT),
    AUDIO_STT_ENGINE: env.AUDIO_STT_ENGINE,
    AUDIO_STT_OPENAI_API_BASE_URL: env.AUDIO_STT_OPENAI_API_BASE_URL ?? '',
    transcriptionKey: seal(env.AUDIO_STT_OPENAI_API_KEY),
    AUDIO_STT_MODEL: env.AUDIO_STT_MODEL,
    AUDIO_STT_LANGUAGE: env.AUDIO_STT_LANGUAGE,
    VISION_ENGINE: env.VISION_ENGINE,
    VISION_OPENAI_API_BASE_URL: env.VISION_OPENAI_API_BASE_URL ?? '',
    visionKey: seal(env.VISION_OPENAI_API_KEY),
    VISION_MODEL: env.VISION_MODEL,
    ENABLE_RAG_HYBRID_SEARCH: env.ENABLE_RAG_HYBRID_SEARCH,
    HYBRID_BM25_WEIGHT: env.RAG_HYBRID_BM25_WEIGHT,
    RAG_FULL_CONTEXT: env.RAG_FULL_CONTEXT,
    BYPASS_EMBEDDING_AND_RETRIEVAL: env.BYPASS_EMBEDDING_AND_RETRIEVAL,
    RAG_SYSTEM_CONTEXT: env.RAG_SYSTEM_CONTEXT,
    TEXT_SPLITTER: env.RAG_TEXT_SPLITTER,
    ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER: env.ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER,
    CHUNK_SIZE: env.CHUNK_SIZE,
    CHUNK_MIN_SIZE_TARGET: env.CHUNK_MIN_SIZE_TARGET,
    CHUNK_OVERLAP: env.CHUNK_OVERLAP,
    FILE_MAX_SIZE: env.RAG_FILE_MAX_SIZE ?? null,
    FILE_MAX_COUNT: env.RAG_FILE_MAX_COUNT ?? null,
    ALLOWED_FILE_EXTENSIONS: env.RAG_ALLOWED_FILE_EXTENSIONS.map((extension) =>
      extension.toLowerCase().replace(/^\./, ''),
    ),
  };
}

/**
 * Embedding settings of a new installation.
 *
 * @param seal encrypts a key; null for an empty one
 */
export function embeddingFrom(env: EmbeddingEnv, seal: (key: string) => string | null): SealedEmbedding {
  return {
    engine: env.RAG_EMBEDDING_ENGINE,
    model: env.RAG_EMBEDDING_MODEL,
    batchSize: env.RAG_EMBEDDING_BATCH_SIZE,
    concurrentRequests: env.RAG_EMBEDDING_CONCURRENT_REQUESTS,
    openai: { url: env.RAG_OPENAI_API_BASE_URL, sealedKey: seal(env.RAG_OPENAI_API_KEY) },
    ollama: { url: env.RAG_OLLAMA_BASE_URL, sealedKey: seal(env.RAG_OLLAMA_API_KEY) },
  };
}

/** The embedder's settings with keys in clear: only for a request. */
export function openEmbedding(
  { openai, ollama, ...rest }: SealedEmbedding,
  open: (sealed: string | null) => string,
): EmbeddingConfig {
  return {
    ...rest,
    openai: { url: openai.url, key: open(openai.sealedKey) },
    ollama: { url: ollama.url, key: open(ollama.sealedKey) },
  };
}

/** A contradiction between settings that are each allowed, or undefined. */
export function misfit(settings: SealedSettings): string | undefined {
  if (settings.CHUNK_OVERLAP >= settings.CHUNK_SIZE) return 'CHUNK_OVERLAP must be less than CHUNK_SIZE';
  if (settings.CHUNK_MIN_SIZE_TARGET > settings.CHUNK_SIZE)
    return 'CHUNK_MIN_SIZE_TARGET must not be more than CHUNK_SIZE';
  if (settings.RAG_RERANKING_ENGINE === 'external' && settings.RAG_EXTERNAL_RERANKER_URL === '')
    return 'The engine "external" needs RAG_EXTERNAL_RERANKER_URL';
  for (const what of ['AUDIO_STT', 'VISION'] as const) {
    if (settings[`${what}_ENGINE`] === '') continue;
    const missing = ([`${what}_OPENAI_API_BASE_URL`, `${what}_MODEL`] as const).find((name) => settings[name] === '');
    if (missing !== undefined) return `${what}_ENGINE "openai" needs ${missing}`;
  }
  return undefined;
}
