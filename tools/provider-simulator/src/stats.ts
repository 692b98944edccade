import { promptDigest } from './text';

/** Calls made for one prompt (the last user message). */
export interface PromptStats {
  /** Streaming requests that arrived, refused ones too. */
  streams: number;
  done: number;
  /** Closed by the client before the end. */
  aborted: number;
  /** Of `streams`, those that asked to go on after given text. */
  continued: number;
  nonstream: number;
}

/** Counters since the start or the last reset. Names with underscores go over the wire as they are. */
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
  other: Record<string, number>;
  active: number;
  max_active: number;
}

const fresh = (active = 0): Counters => ({
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
  other: {},
  active,
  max_active: active,
});

export class Stats {
  counters = fresh();
  private prompts = new Map<string, PromptStats>();

  reset(): void {
    this.counters = fresh(this.counters.active);
    this.prompts = new Map();
  }

  prompt(text: string): PromptStats {
    const digest = promptDigest(text);
    let stats = this.prompts.get(digest);
    if (!stats) this.prompts.set(digest, (stats = { streams: 0, done: 0, aborted: 0, continued: 0, nonstream: 0 }));
    return stats;
  }

  /** By sha-256 (hex) of the last user message. */
  byPrompt(): Record<string, PromptStats> {
    return Object.fromEntries(this.prompts);
  }

  opened(): void {
    this.counters.active += 1;
    this.counters.max_active = Math.max(this.counters.max_active, this.counters.active);
  }

  count(table: 'nonstream_kinds' | 'other', name: string): void {
    this.counters[table][name] = (this.counters[table][name] ?? 0) + 1;
  }
}
