/**
 * The token path: a worker writes the text of a run, gateways read it, on two paths: **live** frames per destination gateway (about 15 ms)
 * and the run's **durable** stream (100-250 ms). Both use (epoch, generation, offset); offsets count UTF-16 units of the run's text.
 */

/** A position in a run's text. */
export interface RunPosition {
  /** The fence: the number of the owner that wrote it. */
  epoch: number;
  /** The n-th text of the run; a take-over that starts the text again raises it. */
  generation: number;
  /** UTF-16 units of text before this position. */
  offset: number;
}

/** What a gateway needs to address the readers of a run. */
export interface RunIdentity {
  runId: string;
  userId: string;
  /** Model id as the user chose it. */
  model: string;
  /** Present when the run answers a message of a chat; absent for a plain completion. */
  chatId?: string;
  messageId?: string;
}

/** How a run ended. Written once, in the same transaction as the final text. */
export interface RunTerminal {
  state: 'completed' | 'failed' | 'cancelled';
  /** Generation and length (UTF-16) of the final text. */
  generation: number;
  length: number;
  /** The provider's finish reason (`stop`, `length`, `tool_calls`, ...) when it gave one. */
  finishReason?: string;
  usage?: TokenUsage;
  /** OpenAI's `system_fingerprint`, where the provider sent one. */
  systemFingerprint?: string;
  /** For `failed`. */
  error?: RunFailure;
  title?: string;
}

/** Why a run failed. Records of earlier versions have `code` and `message` only. */
export interface RunFailure {
  /**
   * An `AnswerCode`: a kernel ErrorCode with its HTTP status, or one that only a model provider's failure has; those are all 502 at the edge.
   */
  code: string;
  /** The message for the run's user. It contains the provider's own message only if that user is an administrator. */
  message: string;
  /** False: the same request would fail again (`x-should-retry: false`). Absent: unknown. */
  retryable?: boolean;
  /** Seconds, from the provider's `Retry-After`. */
  retryAfter?: number;
}

export interface TokenUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  /** As the provider counts them: `cached_tokens`, `audio_tokens`. */
  prompt_tokens_details?: Record<string, number>;
  /** `reasoning_tokens`, `accepted_prediction_tokens`. */
  completion_tokens_details?: Record<string, number>;
}

// ---------------------------------------------------------------- writing (chat workers)

/** The stream writer of one claimed run. All methods are cheap and synchronous unless they return a promise. */
export interface RunWriter {
  readonly identity: RunIdentity;
  readonly position: RunPosition;
  /** The whole text of the current generation. Joined on each read: do not use it per token. */
  readonly text: string;
  /**
   * Adds text: live within ~15 ms, durable within ~350 ms. Never throws. Half a surrogate pair waits for its other half; characters that
   * cannot be stored (a lone surrogate, NUL) become U+FFFD. `text` and `position` are as readers and Postgres get them.
   */
  append(text: string): void;
  /** Starts the next generation with an empty text, which replaces the text at every reader. */
  restart(): void;
  /** Returns text that is not yet in Postgres and marks it as taken; the caller puts it into its next checkpoint. */
  takeUncheckpointed(): { generation: number; from: number; text: string } | undefined;
  /** Writes the buffered text to the durable stream; resolves when Redis has it, rejects when Redis refuses or is away. */
  flush(): Promise<void>;
  /**
   * Publishes the terminal event on both paths and lets the run's keys expire. Call it after the commit; idempotent. Rejects while Redis is
   * away; the writer keeps retrying while the process lives.
   */
  end(terminal: RunTerminal): Promise<void>;
  /** Stops writing without a terminal event: the run was handed over or lost to another owner. */
  release(): void;
}

/** State of a run's keys when they were acquired for a new epoch. */
export type AcquireResult =
  /** The stream is there: continue after `text` (the durable tail of `generation`). */
  | { kind: 'resumed'; generation: number; offset: number; text: string; terminal?: RunTerminal }
  /** Nothing is there (first claim, or Redis lost its memory): the caller seeds it from Postgres. */
  | { kind: 'empty' }
  /** A higher epoch is already set, or another writer has this one: this claim is void. */
  | { kind: 'fenced'; epoch: number };

/** Where a writer begins. */
export interface RunStart {
  epoch: number;
  generation: number;
  /**
   * Text of that generation so far. It may be longer or shorter than the result of `acquire`: the stream is made equal to it.
   */
  text: string;
  /** How much of `text` (UTF-16 units) Postgres has already. Default 0: the first checkpoint repeats the whole text. */
  checkpointed?: number;
}

export interface RunPublisher {
  /**
   * Sets the epoch in Redis and returns the tail, in one script. Call it before the provider is called; a run's first owner need not: nobody
   * can have written, and its first durable write sets the epoch.
   */
  acquire(runId: string, epoch: number): Promise<AcquireResult>;
  /**
   * Opens the writer at a position; `text` is the text of that generation so far (written to the stream again if Redis has lost it).
   * `onFenced` is called once when another epoch owns the run; the writer is dead from then on.
   */
  open(identity: RunIdentity, start: RunStart, onFenced: () => void): RunWriter;
  /** Publishes a terminal event for a run without a worker (after a crash). */
  publishTerminal(identity: RunIdentity, position: RunPosition, terminal: RunTerminal): Promise<void>;
  /** True when some gateway has a reader of this run (not only its user's sockets). Refreshed each second. */
  hasReader(runId: string): boolean;
  /** Reads a run's durable text (for overlays), or undefined when Redis does not have it. */
  read(runId: string): Promise<{ position: RunPosition; text: string; terminal?: RunTerminal } | undefined>;
  /** Sends appended text at once: for callers that append to many runs together, with pauses in between. */
  sendLive(): void;
  /** Sends one small event to every gateway that holds the user's sockets (chat:title, chat:list, chat:active, ...). Best effort. */
  notifyUser(userId: string, event: UserEvent): Promise<void>;
  /** Flushes (best effort) and stops all timers. The connections stay open. */
  close(): Promise<void>;
}

/** A Socket.IO `events` payload, as the wire has it. */
export interface UserEvent {
  chat_id: string;
  message_id: string;
  data: { type: string; data: unknown };
}

// ---------------------------------------------------------------- reading (gateways)

/** Updates for a follower of a run, always in order, never a mix of generations. */
export type RunUpdate =
  /** Text that continues at `offset`. */
  | { kind: 'delta'; epoch: number; generation: number; offset: number; text: string }
  /** Forget what you have: the text is now `text` (a new generation, or a take-over that set the reader back). */
  | { kind: 'reset'; epoch: number; generation: number; text: string }
  /** The end; `text` is the final text. Comes once. */
  | { kind: 'end'; epoch: number; terminal: RunTerminal; text: string };

/** One run as the subscriber knows it; it holds the text, so a slow reader costs a cursor, not a buffer. */
export interface FollowedRun {
  readonly identity: RunIdentity;
  readonly position: RunPosition;
  readonly text: string;
  readonly terminal?: RunTerminal;
  /**
   * It has ended, or its worker was heard in the last second. Otherwise this gateway may be cut off, and others may have shown more, even the
   * end: who comes now gets nothing before the next check.
   */
  readonly isCurrent: boolean;
}

/**
 * State of a run by rpc, used when its stream is silent or gone. Provided by the gateway (calls chat.runs.get). `undefined` or a CallError
 * NOT_FOUND: there is no such run. Any other error: retried later.
 */
export interface RunLookup {
  (
    runId: string,
  ): Promise<{ identity: RunIdentity; position: RunPosition; text: string; terminal?: RunTerminal } | undefined>;
}

export type OnRunUpdate = (update: RunUpdate, run: FollowedRun) => void;

/** Call it to stop following. A slow reader pauses instead of buffering: the subscriber keeps one cursor for it. */
export interface Following {
  (): void;
  /** No updates until `resume`. */
  pause(): void;
  /**
   * One update brings the reader up to date (a `delta` from where it stopped, or a `reset`), then it continues live.
   */
  resume(): void;
}

export interface RunStreamSubscriber {
  /**
   * Follows one run from a cursor (none: from the start of the current text). `onUpdate` is called in order, the first time before the
   * promise resolves, unless `isSlow` says that the reader must begin paused; if the cursor is not valid any more the first update is a `reset`, else the first delta fills the gap. Followers at the
   * same position get the same update object, so an encoding can be kept per object. After `end` nothing follows. Rejects with NOT_FOUND when
   * neither stream nor lookup knows the run, UNAVAILABLE when neither is available.
   */
  follow(
    runId: string,
    cursor: RunPosition | undefined,
    onUpdate: OnRunUpdate,
    isSlow?: () => boolean,
  ): Promise<Following>;
  /**
   * Receives every update of every chat run of a user (their sockets), including running ones: their first update is a `reset` with the text
   * so far. Returns the stop function.
   */
  followUser(userId: string, onUpdate: OnRunUpdate, onEvent: (event: UserEvent) => void): () => void;
  /**
   * The subscriber's current state of a run that it follows (for one cumulative event); otherwise it loads the run once from the durable
   * stream or the lookup.
   */
  snapshot(runId: string): Promise<FollowedRun | undefined>;
  /** Removes this gateway from the registry and stops. Followers get no further updates. */
  close(): Promise<void>;
}
