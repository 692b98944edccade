/** How a provider can continue text that it has already streamed. */
export type Continuation = 'continue_final_message' | 'trailing_assistant' | 'prefix' | 'none';

/** Address and protocol of a model server, with its key in clear (callers decrypt it just before the call). */
export interface ServerConnection {
  kind: 'openai' | 'ollama';
  /** OpenAI kind: up to and including the version path (`https://api.openai.com/v1`). Ollama kind: the server's root. */
  baseUrl: string;
  apiKey?: string;
  /** Sent with every request; they override the library's own headers. */
  headers?: Record<string, string>;
}

/** One configured server of chat models. */
export interface ModelConnection extends ServerConnection {
  continuation: Continuation;
}

/** All in milliseconds. The defaults allow minutes of silence, which a long prompt on a small machine needs. */
export interface ProviderTimeouts {
  /** TCP and TLS. Default 10 000. */
  connect: number;
  /**
   * From the request on the wire to the first text, reasoning or chunk; for `complete` to the whole reply. Default 300 000.
   */
  firstToken: number;
  /** Between two of them. Keep-alive comments of the provider do not count as tokens. Default 300 000. */
  betweenTokens: number;
  /** For the model list. Default 15 000. */
  list: number;
}

export interface ProviderModel {
  id: string;
  /** The provider's display name; the id if there is none. */
  name: string;
  /** OpenAI's `owned_by`, or `ollama`. */
  ownedBy: string;
  /** The provider's own row, untouched. */
  raw: Record<string, unknown>;
}

/**
 * The body of OpenAI's chat completions, passed through: other fields are sent unchanged. `stream` is set by the call. For Ollama it is
 * translated (see `ollama-request.ts`).
 */
export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  /** Text of the same answer that an earlier call has streamed: the provider is asked to continue after it. */
  continueFrom?: string;
  [parameter: string]: unknown;
}

export interface ChatMessage {
  role: string;
  content?: unknown;
  [field: string]: unknown;
}

/** Token counts as the provider reported them; further details of the provider are kept. */
export interface Usage {
  prompt_tokens?: number;
  completion_tokens?: number;
  total_tokens?: number;
  [detail: string]: unknown;
}

/** A chunk in the shape of OpenAI's `chat.completion.chunk` (Ollama's are translated into it). */
export type RawChunk = Record<string, unknown>;

/**
 * Receives a streamed answer, piece by piece as it is read from the socket: no promise, queue or object is created in between. `choices` is
 * only called with `raw`, and then instead of `text` and `reasoning`. No method may throw.
 */
export interface AnswerSink {
  text(text: string): void;
  reasoning(text: string): void;
  /** @param choices the JSON of a chunk's `choices`; not called for a chunk without any */
  choices(choices: string): void;
  /**
   * All text so far was a thought, whose opening tag was in the prompt. Called at most once, only after text; never with `raw`, and never for
   * a continued answer.
   */
  unopened(): void;
  /** True: the sink accepts nothing more. The request is closed, and the answer ends with the reason `length`. */
  readonly full: boolean;
}

/** How a complete answer ended. */
export interface AnswerEnd {
  finishReason: string;
  usage?: Usage;
  /** OpenAI's `system_fingerprint`, where the provider sends one. */
  systemFingerprint?: string;
}

export interface StreamOptions {
  /** Aborting it closes the upstream request at once; the call then throws `CANCELLED`. */
  signal?: AbortSignal;
  /** Asks for the `choices` of each chunk instead of text: needed for tools, n > 1, logprobs and structured output. */
  raw?: boolean;
  /** Sent with the request beside the connection's own: the trace it belongs to. */
  headers?: Record<string, string>;
  /**
   * Called when decoding of the answer's bytes begins and ends: a thread that is blocked in between is blocked by them.
   */
  onReading?: (isReading: boolean) => void;
}

export interface CompletionResult {
  text: string;
  reasoning?: string;
  finishReason: string;
  usage?: Usage;
  /** The answer in the shape of OpenAI's `chat.completion`. */
  raw: Record<string, unknown>;
}

/** One model server. No state except the (process-wide) connection pool, so it may be created per call. */
export interface ModelProvider {
  /** @throws ProviderError */
  listModels(signal?: AbortSignal): Promise<ProviderModel[]>;
  /**
   * Streams an answer into the sink, and resolves when it is complete.
   *
   * @throws ProviderError when it failed; the sink then has everything that had arrived
   */
  stream(request: ChatRequest, sink: AnswerSink, options?: StreamOptions): Promise<AnswerEnd>;
  /** The whole answer in one piece, for short calls such as titles. @throws ProviderError */
  complete(request: ChatRequest, options?: { signal?: AbortSignal }): Promise<CompletionResult>;
}

/** Vectors of one request, in the order of its texts. */
export interface Embeddings {
  /** One a text, all of one dimension; as long as the server made them (not normalised here). */
  vectors: Float32Array[];
  /** Tokens of all texts together, where the server counts them. */
  tokens?: number;
}

export interface EmbedOptions {
  /** Aborting it closes the upstream request at once; the call then throws `CANCELLED`. */
  signal?: AbortSignal;
}

/** Time-outs and retries of an embedder. */
export interface EmbedderLimits {
  /** Milliseconds from the request on the wire to its whole answer. Default 60 000. */
  timeoutMs: number;
  /** Requests for the same texts, including the first: connection failures, 5xx and 429 are retried. Default 4. */
  attempts: number;
  /** A server that asks for a longer pause (ms, `Retry-After`) is not retried. Default 30 000. */
  maxPauseMs: number;
}

/** A request for scores. */
export interface RerankOptions {
  /** Texts in one request; several requests run at once. */
  batchSize: number;
  /** Milliseconds of each request, which is not retried. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** One model that judges how well texts answer a query. No state except the (process-wide) connection pool. */
export interface Reranker {
  /**
   * How relevant each text is, 0 to 1, in the order of the texts.
   *
   * @throws ProviderError; `PROTOCOL` also when the answer does not have one score for each text
   */
  rerank(query: string, documents: readonly string[], options: RerankOptions): Promise<number[]>;
}

/**
 * One embedding model on one server. No state except the (process-wide) connection pool, so it may be created per call.
 */
export interface Embedder {
  /**
   * The vectors of these texts, by one request (retried as {@link EmbedderLimits} say): the caller chooses the batch.
   *
   * @param texts not empty; no text may be empty, which several servers refuse
   * @throws ProviderError; `PROTOCOL` also when the number of vectors differs from that of the texts, or their dimensions differ
   */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Embeddings>;
}
