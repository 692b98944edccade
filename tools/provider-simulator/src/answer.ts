import type { ServerResponse } from 'node:http';
import type { Behaviour, Fault } from './behaviour';
import { type Dialect, escaped } from './dialect';
import { MARKDOWN_LENGTH, markdownAt } from './markdown';
import { type ChatBody, continuedText, maxTokensOf, promptOf } from './request';
import type { PromptStats, Stats } from './stats';
import { seedOf, stamp, STAMP_LENGTH, TOKEN_LENGTH, tokenAt } from './text';

/** Bytes that may wait in a socket before an answer pauses (a client that does not read). */
const HIGH_WATER = 1024 * 1024;

/** One streamed answer, paced by the clock: a late timer catches up, so the rate holds. */
export class Answer {
  private readonly target: number;
  private readonly limit: number;
  private readonly seed: number;
  private readonly tokenLength: number;
  /** Position of the whole answer at the client, including the text that it sent. */
  private position: number;
  /** Characters of the token at `position` that the client sent. */
  private within: number;
  private sent = 0;
  private chunks = 0;
  private over = false;
  private startAt = 0;
  private timer?: NodeJS.Timeout;
  private readonly gap: number;

  constructor(
    private readonly response: ServerResponse,
    private readonly dialect: Dialect,
    private readonly behaviour: Behaviour,
    private readonly fault: Fault | undefined,
    body: ChatBody,
    private readonly count: { stats: Stats; prompt: PromptStats },
    private readonly withUsage: boolean,
  ) {
    this.seed = behaviour.deterministic ? seedOf(body.model ?? '', promptOf(body)) : 0;
    this.tokenLength = behaviour.markdown ? MARKDOWN_LENGTH : behaviour.deterministic ? TOKEN_LENGTH : STAMP_LENGTH;
    const given = behaviour.continues ? continuedText(body).length : 0;
    this.position = Math.floor(given / this.tokenLength);
    this.within = given % this.tokenLength;
    this.target = Math.max(this.position, behaviour.tokens);
    this.limit = maxTokensOf(body);
    this.gap = (1000 * behaviour.perChunk) / behaviour.rate;
  }

  begin(): void {
    const { counters } = this.count.stats;
    counters.stream_started += 1;
    this.count.stats.opened();
    this.response.writeHead(200, {
      'content-type': this.dialect.contentType,
      'cache-control': 'no-cache',
      'transfer-encoding': 'chunked',
    });
    this.response.socket?.setNoDelay(true);
    this.response.on('close', () => this.close('aborted'));
    // A model server sends its headers with the first token, not before.
    this.startAt = Date.now() + this.behaviour.delayMs;
    this.timer = setTimeout(() => this.first(), this.behaviour.delayMs);
  }

  private first(): void {
    this.response.flushHeaders();
    const begin = this.dialect.begin();
    if (begin) this.write(begin);
    this.tick();
  }

  private tick(): void {
    if (this.over) return;
    const { socket } = this.response;
    for (let due = true; due && (socket?.writableLength ?? 0) < HIGH_WATER;) {
      if (this.strike()) return;
      if (this.finished()) return this.finish();
      this.emit();
      due = this.startAt + this.chunks * this.gap <= Date.now();
    }
    if (this.finished() && this.fault === undefined) return this.finish();
    this.timer = setTimeout(() => this.tick(), Math.max(1, this.startAt + this.chunks * this.gap - Date.now()));
  }

  private finished(): boolean {
    return this.position >= this.target || this.sent >= this.limit;
  }

  private emit(): void {
    let count = Math.min(this.behaviour.perChunk, this.target - this.position, this.limit - this.sent);
    const { fault } = this;
    if (fault && 'after' in fault) count = Math.min(count, Math.max(1, fault.after - this.sent));
    const reasoning = this.position < this.behaviour.reasoningTokens;
    if (reasoning) count = Math.min(count, this.behaviour.reasoningTokens - this.position);
    let text = this.behaviour.markdown ? markdownAt(this.position, count) : this.plainText(count);
    if (this.within > 0) {
      text = text.slice(this.within);
      this.within = 0;
    }
    this.position += count;
    this.sent += count;
    this.chunks += 1;
    this.count.stats.counters.tokens_sent += count;
    this.write(this.dialect.delta(reasoning ? 'reasoning' : 'content', this.behaviour.markdown ? escaped(text) : text));
  }

  private plainText(count: number): string {
    const mark = this.behaviour.deterministic ? '' : stamp();
    let text = '';
    for (let index = 0; index < count; index++) text += mark || tokenAt(this.seed, this.position + index);
    return text;
  }

  /**
   * Applies a due fault.
   *
   * @returns whether the answer stops in this tick
   */
  private strike(): boolean {
    const { fault } = this;
    if (!fault || !('after' in fault) || this.sent < fault.after) return false;
    switch (fault.kind) {
      case 'cut':
        this.close('failed');
        this.response.socket?.destroy();
        return true;
      case 'truncate':
        this.close('failed');
        this.response.end();
        return true;
      case 'malformed':
        this.write(this.dialect.malformed());
        this.close('failed');
        this.response.end();
        return true;
      case 'error':
        this.write(this.dialect.error());
        this.close('failed');
        this.response.end();
        return true;
      case 'stall':
        // Only once, and the clock of the rate restarts after it.
        fault.after = Infinity;
        if (fault.pauseMs === undefined) return true;
        this.startAt += fault.pauseMs;
        this.timer = setTimeout(() => this.tick(), fault.pauseMs);
        return true;
    }
  }

  private finish(): void {
    const reason = this.position >= this.target ? 'stop' : 'length';
    const usage = this.withUsage ? { prompt: 10, completion: this.sent } : undefined;
    this.write(this.dialect.end(reason, usage, this.fault?.kind !== 'nodone'));
    this.close('done');
    this.response.end();
  }

  /** Writes a chunk to the socket directly: through ServerResponse each one would cost four writes. */
  private write(event: string): void {
    const { counters } = this.count.stats;
    counters.chunks_sent += 1;
    counters.bytes_sent += event.length;
    this.response.socket?.write(`${event.length.toString(16)}\r\n${event}\r\n`, 'latin1');
  }

  private close(how: 'done' | 'aborted' | 'failed'): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    const { counters } = this.count.stats;
    counters.active -= 1;
    if (how === 'failed') counters.stream_failed += 1;
    else if (how === 'done') {
      counters.stream_done += 1;
      this.count.prompt.done += 1;
    } else {
      counters.stream_aborted += 1;
      this.count.prompt.aborted += 1;
    }
  }
}
