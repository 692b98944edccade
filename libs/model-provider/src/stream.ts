import { type ThoughtSink, ThoughtSplitter } from '@perennial/contracts-kernel';
import type { RetryBudget } from '@perennial/runtime/retry-budget';
import type { Dispatcher } from 'undici';
import type { EventSink, StreamDecoder } from './decoder';
import { ProviderError, withoutSecrets } from './errors';
import type { LearnedRefusals } from './learned';
import { OverlapTrimmer } from './overlap-trimmer';
import { RequestAttempt, type RequestAttemptOwner } from './request-attempt';
import { CHAT_RETRY, retryDelay } from './retry';
import type { AnswerEnd, AnswerSink, ProviderTimeouts, RawChunk, StreamOptions, Usage } from './types';

/** Longer than any provider's; it is stored with the run. */
const MAX_FINGERPRINT = 200;

/** Parameters of one call, the same for all attempts. */
export interface StreamPlan {
  pool: Dispatcher;
  /** Called for each attempt: it may omit what the provider refused before. */
  request(): Dispatcher.DispatchOptions;
  /** Fields to omit; the next request may avoid this failure. */
  refusals?: Pick<LearnedRefusals, 'learn' | 'confirm'>;
  /** The answer continues earlier text. */
  continues: boolean;
  timeouts: ProviderTimeouts;
  /** Of all calls to this server. */
  budget: RetryBudget;
  /** Removed from every message. */
  secrets: readonly string[];
  repeatedSpace: string;
  decoder(events: EventSink): StreamDecoder;
  /**
   * Estimates usage if the provider reported none.
   *
   * @param length UTF-16 units of the answer, including thoughts
   */
  estimate?(length: number): Usage | undefined;
}

/** One streamed answer: its request, its only retry, and the time-outs of the provider. */
export class AnswerStream implements EventSink, RequestAttemptOwner {
  private attempt?: RequestAttempt;
  private attempts = 0;
  private over = false;
  private produced = false;
  private finish?: string;
  private tokens?: Usage;
  private fingerprint?: string;
  private length = 0;
  private trimmer!: OverlapTrimmer;
  private thoughts!: ThoughtSplitter;
  /** When the last token arrived (ms of the monotonic clock); one timer checks it, so that a token needs none. */
  private lastAt = 0;
  private timer?: NodeJS.Timeout;
  private resolve!: (end: AnswerEnd) => void;
  private reject!: (error: ProviderError) => void;
  private readonly onAbort = () => this.cancel();
  /** One read may hold several parts, and more than the sink accepts. */
  private readonly parts: ThoughtSink = {
    text: (text) => void (this.wantsNoMore || this.sink.text(text)),
    thought: (text) => void (this.wantsNoMore || this.sink.reasoning(text)),
    unopened: () => void (this.wantsNoMore || this.sink.unopened()),
  };

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
      this.plan.budget.called();
      this.start();
    });
  }

  text(text: string): void {
    if (this.wantsNoMore) return;
    const piece = this.trimmer.join(text);
    if (piece === '') return;
    this.touch();
    this.length += piece.length;
    this.thoughts.feed(piece);
  }

  reasoning(text: string): void {
    if (this.wantsNoMore) return;
    this.touch();
    this.length += text.length;
    this.thoughts.thought(text);
  }

  chunk(chunk: RawChunk): void {
    if (this.wantsNoMore) return;
    this.touch();
    this.length += contentLength(chunk);
    const { choices } = chunk;
    if (Array.isArray(choices) && choices.length > 0) this.sink.choices(JSON.stringify(choices));
  }

  finishReason(reason: string): void {
    this.finish = reason;
  }

  usage(usage: Usage): void {
    this.tokens = usage;
  }

  systemFingerprint(fingerprint: string): void {
    this.fingerprint = fingerprint.slice(0, MAX_FINGERPRINT);
  }

  done(): void {
    if (this.over) return;
    this.thoughts.end();
    if (this.endedFull()) return;
    this.attempt?.drain();
    this.close();
    const { finish, fingerprint } = this;
    const usage = this.tokens ?? this.plan.estimate?.(this.length);
    this.resolve({
      finishReason: finish ?? 'stop',
      ...(usage && { usage }),
      ...(fingerprint && { systemFingerprint: fingerprint }),
    });
  }

  /** @inheritdoc RequestAttemptOwner */
  sent(): void {
    this.lastAt = performance.now();
    this.watch(this.plan.timeouts.firstToken);
  }

  /** @inheritdoc RequestAttemptOwner */
  reading(isReading: boolean): void {
    this.options.onReading?.(isReading);
  }

  /** @inheritdoc RequestAttemptOwner */
  received(): void {
    if (!this.over) this.endedFull();
  }

  /** @inheritdoc RequestAttemptOwner */
  ended(attempt: RequestAttempt): void {
    if (this.over || this.endedFull()) return;
    if (this.finish !== undefined) return this.done();
    this.failed(
      attempt,
      new ProviderError('INTERRUPTED', 'The provider stopped in the middle of the answer', { retryable: true }),
    );
  }

  /** @inheritdoc RequestAttemptOwner */
  failed(attempt: RequestAttempt, error: ProviderError): void {
    if (this.over || attempt !== this.attempt || this.endedFull()) return;
    attempt.abort();
    if (this.produced) return this.fail(error);
    const learned = this.plan.refusals?.learn(error) ?? false;
    const delay = learned ? 0 : retryDelay(error, this.attempts, CHAT_RETRY, this.plan.budget);
    if (delay === undefined) return this.fail(error);
    // The first request without the refused field: the retry is still available.
    if (learned) this.attempts -= 1;
    this.attempt = undefined;
    this.finish = this.tokens = undefined;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.start(), delay);
  }

  /** One network read may hold more than the sink accepts: the rest is dropped. */
  private get wantsNoMore(): boolean {
    return this.over || this.sink.full;
  }

  /** A full sink ends the answer as cut, whatever else happened. */
  private endedFull(): boolean {
    if (!this.sink.full) return false;
    this.attempt?.abort();
    this.close();
    this.resolve({ finishReason: 'length' });
    return true;
  }

  private start(): void {
    this.attempts += 1;
    const { repeatedSpace, continues } = this.plan;
    this.trimmer = new OverlapTrimmer(repeatedSpace);
    this.thoughts = new ThoughtSplitter(this.parts, { continues });
    this.lastAt = performance.now();
    const attempt = new RequestAttempt(this, () => this.plan.decoder(this));
    this.attempt = attempt;
    this.watch(this.plan.timeouts.connect + this.plan.timeouts.firstToken);
    this.plan.pool.dispatch(this.plan.request(), attempt);
  }

  private touch(): void {
    this.lastAt = performance.now();
    if (this.produced) return;
    this.produced = true;
    this.plan.refusals?.confirm();
    this.watch(this.plan.timeouts.betweenTokens);
  }

  /** One timer for the whole answer: it checks the age of the last token and sets itself again for the rest. */
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
    this.thoughts?.end();
    this.close();
    this.reject(withoutSecrets(error, this.plan.secrets));
  }

  private close(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.options.signal?.removeEventListener('abort', this.onAbort);
  }
}

function contentLength({ choices }: RawChunk): number {
  if (!Array.isArray(choices)) return 0;
  return (choices as { delta?: { content?: unknown } }[]).reduce((sum, choice) => {
    const content = choice?.delta?.content;
    return typeof content === 'string' ? sum + content.length : sum;
  }, 0);
}
