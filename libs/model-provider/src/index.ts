export type {
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
  ProviderEvent,
  ProviderModel,
  ProviderTimeouts,
  RawChunk,
  ServerConnection,
  StreamOptions,
  Usage,
} from './types';
export { ProviderError, type ProviderErrorCode } from './errors';
export { createProvider, DEFAULT_TIMEOUTS } from './provider';
export { continuationFor, continuationFromModels, detectContinuation } from './continuation';
export { genAiAttributes, genAiResponseAttributes, genAiSpanName } from './gen-ai';
export { closeProviderPools } from './pools';
