import type { Dispatcher, Pool } from 'undici';
import { Attempt, type AttemptOwner } from './attempt';
import type { EventSink, StreamDecoder } from './decoder';
import { ProviderError, withoutSecrets } from './errors';
import { CHAT_RETRY, retryDelay } from './retry';
import type { ProviderEvent, ProviderTimeouts, RawChunk, StreamOptions, Usage } from './types';

/** Everything that one call needs, the same for both attempts. */
export interface StreamPlan {
  pool: Pool;
  request: Dispatcher.DispatchOptions;
  timeouts: ProviderTimeouts;
  /** Removed from every message. */
  secrets: readonly string[];
  repeatedSpace: string;
  /** @param contentType lower case, without parameters; empty when there was none */
  decoder(sink: EventSink, contentType: string): StreamDecoder;
}

/** Characters that may wait for the consumer before the socket is no longer read. */
const HIGH_WATER = 256 * 1024;

/**
 * One streamed answer as an async iterator written by hand: an async generator would cost several microtasks for each of
 * the thousands of events that a process handles in a second.
 */
export class ProviderStream implements AsyncIterableIterator<ProviderEvent>, EventSink, AttemptOwner {
  private readonly queue: ProviderEvent[] = [];
  private queued = 0;
  private waiting?: {
    resolve: (result: IteratorResult<ProviderEvent>) => void;
    reject: (error: ProviderError) => void;
  };
  private attempt?: Attempt;
  private attempts = 0;
  private failure?: ProviderError;
  private closed = false;
  private produced = false;
  private finish?: string;
  private tokens?: Usage;
  private repeatedSpace: string;
  /** When the provider last said something (ms of the monotonic clock); looked at by one timer, so that a token sets none. */
  private lastAt = 0;
  private timer?: NodeJS.Timeout;
  private readonly onAbort = () => this.cancel();

  constructor(
    private readonly plan: StreamPlan,
    private readonly options: StreamOptions,
  ) {
    this.repeatedSpace = plan.repeatedSpace;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ProviderEvent>> {
    if (this.attempts === 0 && !this.closed) this.begin();
    const event = this.take();
    if (event) return Promise.resolve({ done: false, value: event });
    if (this.failure) {
      const error = this.failure;
      this.failure = undefined;
      return Promise.reject(error);
    }
    if (this.closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => (this.waiting = { resolve, reject }));
  }

  return(): Promise<IteratorResult<ProviderEvent>> {
    this.queue.length = 0;
    this.failure = undefined;
    this.attempt?.abort();
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  text(text: string): void {
    if (this.repeatedSpace) text = this.dropRepeatedSpace(text);
    if (text) this.push('text', text);
  }

  reasoning(text: string): void {
    this.push('reasoning', text);
  }

  chunk(chunk: RawChunk): void {
    this.touch();
    this.queue.push({ kind: 'chunk', chunk });
    // A chunk's size is not known here; an assumed size is enough to stop reading when nobody consumes.
    this.queued += 256;
  }

  finishReason(reason: string): void {
    this.finish = reason;
  }

  usage(usage: Usage): void {
    this.tokens = usage;
  }

  done(): void {
    if (this.closed) return;
    this.queue.push({ kind: 'end', finishReason: this.finish ?? 'stop', ...(this.tokens && { usage: this.tokens }) });
    this.attempt?.drain();
    this.close();
  }

  /** @inheritdoc AttemptOwner */
  sent(): void {
    this.lastAt = performance.now();
    this.watch(this.plan.timeouts.firstToken);
    this.options.onRequestSent?.(this.attempts);
  }

  /** @inheritdoc AttemptOwner */
  received(attempt: Attempt): void {
    if (this.queued > HIGH_WATER) attempt.pause();
    this.wake();
  }

  /** @inheritdoc AttemptOwner */
  ended(attempt: Attempt): void {
    if (this.closed) return;
    if (this.finish !== undefined) {
      this.done();
      this.wake();
      return;
    }
    this.failed(
      attempt,
      new ProviderError('INTERRUPTED', 'The provider stopped in the middle of the answer', { retryable: true }),
    );
  }

  /** @inheritdoc AttemptOwner */
  failed(attempt: Attempt, error: ProviderError): void {
    if (this.closed || attempt !== this.attempt) return;
    attempt.abort();
    const delay = this.produced ? undefined : retryDelay(error, this.attempts, CHAT_RETRY);
    if (delay === undefined) return this.fail(error);
    this.attempt = undefined;
    this.finish = this.tokens = undefined;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.start(), delay);
  }

  private take(): ProviderEvent | undefined {
    const event = this.queue.shift();
    if (event && this.queue.length === 0) {
      this.queued = 0;
      this.attempt?.resume();
    }
    return event;
  }

  private begin(): void {
    const { signal } = this.options;
    if (signal?.aborted) {
      this.attempts = 1;
      return this.cancel();
    }
    signal?.addEventListener('abort', this.onAbort, { once: true });
    this.start();
  }

  private start(): void {
    this.attempts += 1;
    this.lastAt = performance.now();
    const attempt = new Attempt(this, (contentType) => this.plan.decoder(this, contentType));
    this.attempt = attempt;
    this.watch(this.plan.timeouts.connect + this.plan.timeouts.firstToken);
    this.plan.pool.dispatch(this.plan.request, attempt);
  }

  private push(kind: 'text' | 'reasoning', text: string): void {
    this.touch();
    this.queued += text.length;
    const last = this.queue[this.queue.length - 1];
    if (last?.kind === kind) last.text += text;
    else this.queue.push({ kind, text });
  }

  private touch(): void {
    this.lastAt = performance.now();
    if (this.produced) return;
    this.produced = true;
    this.watch(this.plan.timeouts.betweenTokens);
  }

  private dropRepeatedSpace(text: string): string {
    let same = 0;
    while (same < text.length && same < this.repeatedSpace.length && text[same] === this.repeatedSpace[same]) same++;
    this.repeatedSpace = same === text.length ? this.repeatedSpace.slice(same) : '';
    return text.slice(same);
  }

  private wake(): void {
    const { waiting } = this;
    if (!waiting || (this.queue.length === 0 && !this.failure && !this.closed)) return;
    this.waiting = undefined;
    const event = this.take();
    if (event) waiting.resolve({ done: false, value: event });
    else this.next().then(waiting.resolve, waiting.reject);
  }

  /** One timer for the whole answer: it looks at how long ago the last token was and sets itself again for the rest. */
  private watch(limit: number): void {
    clearTimeout(this.timer);
    const remaining = limit - (performance.now() - this.lastAt);
    this.timer = setTimeout(() => this.checkSilence(), Math.max(1, remaining));
  }

  private checkSilence(): void {
    const { firstToken, betweenTokens } = this.plan.timeouts;
    const limit = this.produced ? betweenTokens : firstToken;
    // A consumer that does not read is not the provider's silence.
    if (this.queue.length > 0) this.lastAt = performance.now();
    if (performance.now() - this.lastAt < limit) return this.watch(limit);
    this.attempt?.abort();
    this.fail(
      new ProviderError(
        'TIMEOUT',
        this.produced
          ? `The provider was silent for ${limit / 1000} s in the middle of the answer`
          : `The provider did not begin to answer within ${limit / 1000} s`,
        { retryable: true },
      ),
    );
  }

  private cancel(): void {
    if (this.closed) return;
    this.attempt?.abort();
    this.fail(new ProviderError('CANCELLED', 'The request was cancelled'));
  }

  private fail(error: ProviderError): void {
    this.failure = withoutSecrets(error, this.plan.secrets);
    this.close();
    this.wake();
  }

  private close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.options.signal?.removeEventListener('abort', this.onAbort);
  }
}
