export type {
  AnswerEnd,
  AnswerSink,
  ChatMessage,
  ChatRequest,
  CompletionResult,
  Continuation,
  Embedder,
  EmbedderLimits,
  Embeddings,
  EmbedOptions,
  ModelConnection,
  ModelProvider,
  ProviderModel,
  ProviderTimeouts,
  Reranker,
  RerankOptions,
  ServerConnection,
  StreamOptions,
  Usage,
} from './types';
export { ProviderError, type ProviderErrorCode } from './errors';
export { createEmbedder, createProvider, createReranker, DEFAULT_EMBEDDER_LIMITS, DEFAULT_TIMEOUTS } from './provider';
export { continuationFor, continuationFromModels, detectContinuation } from './continuation';
export {
  genAiAttributes,
  genAiEmbeddingAttributes,
  genAiRerankAttributes,
  genAiResponseAttributes,
  genAiSpanName,
} from './gen-ai';
export { closeProviderPools, connectionPool } from './pools';
export { StreamThread, StreamThreadError, type StreamThreadOptions } from './thread/stream-thread';
