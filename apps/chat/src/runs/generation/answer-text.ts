import { THOUGHT_CLOSE, THOUGHT_OPEN } from '@perennial/contracts-kernel';
import type { AnswerSink } from '@perennial/model-provider';
import type { RunWriter } from '@perennial/transport';

export interface AnswerTextOptions {
  /** The run's text is newline-delimited JSON of `choices` arrays. */
  raw: boolean;
  /** Reasoning goes into the text, in <think> tags; otherwise it is left out (an OpenAI completion's text has none). */
  thoughts: boolean;
  /** The first piece begins a new generation: what an earlier owner wrote is replaced only when there is something to show. */
  restart: boolean;
  /** UTF-16 units that an answer may have. */
  limit: number;
  /** Units that are there already. */
  length: number;
  /** Called for each piece that the provider sends. */
  onPiece: () => void;
}

/** Turns what a provider sends into a run's text. */
export class AnswerText implements AnswerSink {
  #thinking = false;
  #restart: boolean;
  #length: number;

  constructor(
    private readonly writer: RunWriter,
    private readonly options: AnswerTextOptions,
  ) {
    this.#restart = options.restart;
    this.#length = options.length;
  }

  /** The answer has reached its bound. */
  get full(): boolean {
    return this.#length >= this.options.limit;
  }

  text(text: string): void {
    this.options.onPiece();
    if (this.#thinking) this.close();
    this.#append(text);
  }

  reasoning(text: string): void {
    this.options.onPiece();
    if (!this.options.thoughts) return;
    if (!this.#thinking) this.#append(this.#isLineStart ? THOUGHT_OPEN : `\n${THOUGHT_OPEN}`);
    this.#thinking = true;
    this.#append(text);
  }

  choices(choices: string): void {
    this.options.onPiece();
    this.#append(`${choices}\n`);
  }

  /**
   * What was shown as the answer is shown again, as a thought. A completion's text cannot be taken back from who streams it: it gets the
   * closing tag that the provider sent, by which who reads it as a whole tells the parts.
   */
  unopened(): void {
    if (!this.options.thoughts) return this.#append(THOUGHT_CLOSE);
    const thought = this.writer.text;
    this.#restart = true;
    this.#length = 0;
    this.#append(`${THOUGHT_OPEN}${thought}${THOUGHT_CLOSE}`);
  }

  /** No more text comes, or none of the thought that is open. */
  close(): void {
    if (!this.#thinking) return;
    this.#thinking = false;
    this.#append(THOUGHT_CLOSE);
  }

  /** Only there does a tag open a thought: within a line it is written about, and would take the text before it along. */
  get #isLineStart(): boolean {
    const { text } = this.writer;
    return this.#restart || text === '' || text.endsWith('\n');
  }

  #append(text: string): void {
    if (this.#restart) {
      this.#restart = false;
      this.writer.restart();
    }
    const room = this.options.limit - this.#length;
    // Half a JSON line helps nobody: chunks may pass the bound by one.
    const piece = text.length > room && !this.options.raw ? text.slice(0, room) : text;
    this.#length += piece.length;
    this.writer.append(piece);
  }
}
