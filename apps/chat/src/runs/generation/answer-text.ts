import { THOUGHT_CLOSE, THOUGHT_OPEN } from '@perennial/contracts-kernel';
import type { AnswerSink } from '@perennial/model-provider';
import type { RunWriter } from '@perennial/transport';

export interface AnswerTextOptions {
  /** The run's text is newline-delimited JSON of `choices` arrays. */
  raw: boolean;
  /** Keeps reasoning in the text, in <think> tags; otherwise it is left out (an OpenAI completion's text has none). */
  thoughts: boolean;
  /**
   * The first piece starts a new generation: the text of an earlier owner is replaced only when there is something to show.
   */
  restart: boolean;
  /** Most UTF-16 units of an answer. */
  limit: number;
  /** Units that exist already. */
  length: number;
  /** Called for each piece that the provider sends. */
  onPiece: () => void;
}

/** Turns a provider's events into a run's text. */
export class AnswerText implements AnswerSink {
  private thinking = false;
  private restart: boolean;
  private length: number;

  constructor(
    private readonly writer: RunWriter,
    private readonly options: AnswerTextOptions,
  ) {
    this.restart = options.restart;
    this.length = options.length;
  }

  /** The answer has reached its limit. */
  get full(): boolean {
    return this.length >= this.options.limit;
  }

  text(text: string): void {
    this.options.onPiece();
    if (this.thinking) this.close();
    this.append(text);
  }

  reasoning(text: string): void {
    this.options.onPiece();
    if (!this.options.thoughts) return;
    if (!this.thinking) this.append(this.isLineStart ? THOUGHT_OPEN : `\n${THOUGHT_OPEN}`);
    this.thinking = true;
    this.append(text);
  }

  choices(choices: string): void {
    this.options.onPiece();
    this.append(`${choices}\n`);
  }

  /**
   * Text that was shown as the answer is shown again, as a thought. A streamed completion cannot rewrite its text: it gets the provider's
   * closing tag, by which readers of the whole text separate the parts.
   */
  unopened(): void {
    if (!this.options.thoughts) return this.append(THOUGHT_CLOSE);
    const thought = this.writer.text;
    this.restart = true;
    this.length = 0;
    this.append(`${THOUGHT_OPEN}${thought}${THOUGHT_CLOSE}`);
  }

  /** No more text comes, or the open thought ends. */
  close(): void {
    if (!this.thinking) return;
    this.thinking = false;
    this.append(THOUGHT_CLOSE);
  }

  /**
   * A tag opens a thought only at the beginning of a line: elsewhere it is quoted, and would swallow the text before it.
   */
  private get isLineStart(): boolean {
    const { text } = this.writer;
    return this.restart || text === '' || text.endsWith('\n');
  }

  private append(text: string): void {
    if (this.restart) {
      this.restart = false;
      this.writer.restart();
    }
    const room = this.options.limit - this.length;
    // Half a JSON line is useless, so chunks may exceed the limit by one.
    const piece = text.length > room && !this.options.raw ? text.slice(0, room) : text;
    this.length += piece.length;
    this.writer.append(piece);
  }
}
