import type { AnswerSink, Usage } from './types';

/** What a decoder of a provider's protocol reports. */
export interface EventSink extends Omit<AnswerSink, 'full'> {
  finishReason(reason: string): void;
  usage(usage: Usage): void;
  /** The provider said that the answer is complete. */
  done(): void;
}

/** Turns one response's body into events. Either method throws a `ProviderError` to end the stream with it. */
export interface StreamDecoder {
  feed(text: string): void;
  /** The body has ended. */
  finish(): void;
}
