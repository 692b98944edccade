import { promptDigest } from './text';

/** Calls made for one prompt (the last user message). */
export interface PromptStats {
  /** Streaming requests, including refused ones. */
  streams: number;
  done: number;
  /** Closed by the client before the end. */
  aborted: number;
  /** Those among `streams` that continue given text. */
  continued: number;
  nonstream: number;
  /** Header of the last streaming request, where it had one. */
  traceparent?: string;
}

/** Calls whose last user message holds one mark, also inside a longer text that a service made of it. */
export interface MarkStats {
  streams: number;
  nonstream: number;
}

/** A word of a prompt that identifies it, as in "Tell me about mark-12-ada". */
const MARK = /\bmark-[\w-]+/;

/** Embedding requests for one text. */
export interface TextStats {
  /** Requests with this text, including refused ones. */
  asked: number;
  /** Those among them with a complete reply. */
  answered: number;
}

/** Counters since the start or the last reset. Names with underscores are sent as they are. */
export interface Counters {
  since: number;
  models_calls: number;
  stream_started: number;
  stream_done: number;
  stream_aborted: number;
  stream_failed: number;
  tokens_sent: number;
  chunks_sent: number;
  bytes_sent: number;
  nonstream: number;
  nonstream_kinds: Record<string, number>;
  /** Embedding requests, including refused ones. */
  embed_calls: number;
  /** Texts in them. */
  embed_texts: number;
  embed_done: number;
  /** Accepted, but closed before the reply was complete. */
  embed_failed: number;
  embed_active: number;
  embed_max_active: number;
  /** Texts in the largest request. */
  embed_max_batch: number;
  /** Transcription requests, including refused ones. */
  transcriptions: number;
  other: Record<string, number>;
  active: number;
  max_active: number;
}

const fresh = (active = 0, embedActive = 0): Counters => ({
  since: Date.now(),
  models_calls: 0,
  stream_started: 0,
  stream_done: 0,
  stream_aborted: 0,
  stream_failed: 0,
  tokens_sent: 0,
  chunks_sent: 0,
  bytes_sent: 0,
  nonstream: 0,
  nonstream_kinds: {},
  embed_calls: 0,
  embed_texts: 0,
  embed_done: 0,
  embed_failed: 0,
  embed_active: embedActive,
  embed_max_active: embedActive,
  embed_max_batch: 0,
  transcriptions: 0,
  other: {},
  active,
  max_active: active,
});

export class Stats {
  counters = fresh();
  private prompts = new Map<string, PromptStats>();
  private texts = new Map<string, TextStats>();
  private marks = new Map<string, MarkStats>();

  reset(): void {
    this.counters = fresh(this.counters.active, this.counters.embed_active);
    this.prompts = new Map();
    this.texts = new Map();
    this.marks = new Map();
  }

  prompt(text: string): PromptStats {
    const digest = promptDigest(text);
    let stats = this.prompts.get(digest);
    if (!stats) this.prompts.set(digest, (stats = { streams: 0, done: 0, aborted: 0, continued: 0, nonstream: 0 }));
    return stats;
  }

  /** Counts a call by the mark of its last user message, if there is one. */
  marked(text: string, kind: keyof MarkStats): void {
    const mark = MARK.exec(text)?.[0];
    if (mark === undefined) return;
    const stats = this.marks.get(mark) ?? { streams: 0, nonstream: 0 };
    stats[kind] += 1;
    this.marks.set(mark, stats);
  }

  byMark(): Record<string, MarkStats> {
    return Object.fromEntries(this.marks);
  }

  /** By sha-256 (hex) of the last user message. */
  byPrompt(): Record<string, PromptStats> {
    return Object.fromEntries(this.prompts);
  }

  /** By sha-256 (hex) of the embedded text. */
  byText(): Record<string, TextStats> {
    return Object.fromEntries(this.texts);
  }

  embeddingAsked(texts: readonly unknown[]): void {
    const { counters } = this;
    counters.embed_calls += 1;
    counters.embed_texts += texts.length;
    counters.embed_max_batch = Math.max(counters.embed_max_batch, texts.length);
    for (const text of texts) {
      const digest = promptDigest(String(text));
      const stats = this.texts.get(digest);
      if (stats) stats.asked += 1;
      else this.texts.set(digest, { asked: 1, answered: 0 });
    }
  }

  embeddingOpened(): void {
    this.counters.embed_active += 1;
    this.counters.embed_max_active = Math.max(this.counters.embed_max_active, this.counters.embed_active);
  }

  embeddingClosed(texts: readonly string[], answered: boolean): void {
    this.counters.embed_active -= 1;
    this.counters[answered ? 'embed_done' : 'embed_failed'] += 1;
    if (!answered) return;
    for (const text of texts) {
      const stats = this.texts.get(promptDigest(text));
      // Cleared in the meantime.
      if (stats) stats.answered += 1;
    }
  }

  opened(): void {
    this.counters.active += 1;
    this.counters.max_active = Math.max(this.counters.max_active, this.counters.active);
  }

  count(table: 'nonstream_kinds' | 'other', name: string): void {
    this.counters[table][name] = (this.counters[table][name] ?? 0) + 1;
  }
}
