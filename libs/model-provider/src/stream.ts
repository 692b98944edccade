import type { Dispatcher, Pool } from 'undici';
import { Attempt, type AttemptOwner } from './attempt';
import type { EventSink, StreamDecoder } from './decoder';
import { ProviderError, withoutSecrets } from './errors';
import { CHAT_RETRY, retryDelay } from './retry';
import { Seam } from './seam';
import type { AnswerEnd, AnswerSink, ProviderTimeouts, RawChunk, StreamOptions, Usage } from './types';

/** Everything that one call needs, the same for both attempts. */
export interface StreamPlan {
  pool: Pool;
  request: Dispatcher.DispatchOptions;
  timeouts: ProviderTimeouts;
  /** Removed from every message. */
  secrets: readonly string[];
  repeatedSpace: string;
  /** @param contentType lower case, without parameters; empty when there was none */
  decoder(events: EventSink, contentType: string): StreamDecoder;
}

/** One streamed answer: its request, the only retry, and the clock that watches the provider. */
export class AnswerStream implements EventSink, AttemptOwner {
  private attempt?: Attempt;
  private attempts = 0;
  private over = false;
  private produced = false;
  private finish?: string;
  private tokens?: Usage;
  private seam!: Seam;
  /** When the provider last said something (ms of the monotonic clock); looked at by one timer, so that a token sets none. */
  private lastAt = 0;
  private timer?: NodeJS.Timeout;
  private resolve!: (end: AnswerEnd) => void;
  private reject!: (error: ProviderError) => void;
  private readonly onAbort = () => this.cancel();

  constructor(
    private readonly plan: StreamPlan,
    private readonly sink: AnswerSink,
    private readonly options: StreamOptions,
  ) {}

  /** Makes the call; once. @throws ProviderError */
  run(): Promise<AnswerEnd> {
    const { signal } = this.options;
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      if (signal?.aborted) return this.cancel();
      signal?.addEventListener('abort', this.onAbort, { once: true });
      this.start();
    });
  }

  text(text: string): void {
    if (this.wantsNoMore) return;
    const piece = this.seam.join(text);
    if (piece === '') return;
    this.touch();
    this.sink.text(piece);
  }

  reasoning(text: string): void {
    if (this.wantsNoMore) return;
    this.touch();
    this.sink.reasoning(text);
  }

  chunk(chunk: RawChunk): void {
    if (this.wantsNoMore) return;
    this.touch();
    this.sink.chunk(chunk);
  }

  finishReason(reason: string): void {
    this.finish = reason;
  }

  usage(usage: Usage): void {
    this.tokens = usage;
  }

  done(): void {
    if (this.over || this.endedFull()) return;
    this.attempt?.drain();
    this.close();
    this.resolve({ finishReason: this.finish ?? 'stop', ...(this.tokens && { usage: this.tokens }) });
  }

  /** @inheritdoc AttemptOwner */
  sent(): void {
    this.lastAt = performance.now();
    this.watch(this.plan.timeouts.firstToken);
    this.options.onRequestSent?.(this.attempts);
  }

  /** @inheritdoc AttemptOwner */
  received(): void {
    if (!this.over) this.endedFull();
  }

  /** @inheritdoc AttemptOwner */
  ended(attempt: Attempt): void {
    if (this.over || this.endedFull()) return;
    if (this.finish !== undefined) return this.done();
    this.failed(
      attempt,
      new ProviderError('INTERRUPTED', 'The provider stopped in the middle of the answer', { retryable: true }),
    );
  }

  /** @inheritdoc AttemptOwner */
  failed(attempt: Attempt, error: ProviderError): void {
    if (this.over || attempt !== this.attempt || this.endedFull()) return;
    attempt.abort();
    const delay = this.produced ? undefined : retryDelay(error, this.attempts, CHAT_RETRY);
    if (delay === undefined) return this.fail(error);
    this.attempt = undefined;
    this.finish = this.tokens = undefined;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.start(), delay);
  }

  /** One network read may hold more than was wanted: the rest of it is dropped. */
  private get wantsNoMore(): boolean {
    return this.over || this.sink.full;
  }

  /** Whatever else is true of an answer, one that was cut says so. */
  private endedFull(): boolean {
    if (!this.sink.full) return false;
    this.attempt?.abort();
    this.close();
    this.resolve({ finishReason: 'length' });
    return true;
  }

  private start(): void {
    this.attempts += 1;
    this.seam = new Seam(this.plan.repeatedSpace);
    this.lastAt = performance.now();
    const attempt = new Attempt(this, (contentType) => this.plan.decoder(this, contentType));
    this.attempt = attempt;
    this.watch(this.plan.timeouts.connect + this.plan.timeouts.firstToken);
    this.plan.pool.dispatch(this.plan.request, attempt);
  }

  private touch(): void {
    this.lastAt = performance.now();
    if (this.produced) return;
    this.produced = true;
    this.watch(this.plan.timeouts.betweenTokens);
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
    if (this.over) return;
    this.attempt?.abort();
    this.fail(new ProviderError('CANCELLED', 'The request was cancelled'));
  }

  private fail(error: ProviderError): void {
    this.close();
    this.reject(withoutSecrets(error, this.plan.secrets));
  }

  private close(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.options.signal?.removeEventListener('abort', this.onAbort);
  }
}
