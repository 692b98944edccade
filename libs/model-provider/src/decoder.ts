import type { AnswerSink, RawChunk, Usage } from './types';

/** Events of a decoder of a provider's protocol. */
export interface EventSink extends Omit<AnswerSink, 'full' | 'unopened' | 'choices'> {
  /** Only if whole chunks are requested, and then instead of `text` and `reasoning`. */
  chunk(chunk: RawChunk): void;
  finishReason(reason: string): void;
  usage(usage: Usage): void;
  systemFingerprint(fingerprint: string): void;
  /** The provider said that the answer is complete. */
  done(): void;
}

/** Turns one response's body into events. Either method throws a `ProviderError` to end the stream with it. */
export interface StreamDecoder {
  /** Linear in the bytes, however the body is cut. The bytes are not kept longer than their event. */
  feed(bytes: Buffer): void;
  /** The body has ended. */
  finish(): void;
}
