import type { RunTerminal, RunUpdate } from '@perennial/transport';
import type { EventStream } from '../../http/event-stream';
import type { Problem } from '../../problem';
import { type FrameOptions, OpenAiFrames } from './openai-frames';
import { problemOfFailure, problemOfRun } from './run-problem';

/**
 * Writes a run into an OpenAI stream. Such a stream cannot rewrite text: if the run starts again after something was sent, it ends with an
 * error object and without `[DONE]`.
 */
export class CompletionStream {
  private readonly frames: OpenAiFrames;
  /** The text that the reader has. */
  private sent = '';
  /** Chunks encoding: an incomplete line. */
  private line = '';
  private finishSeen = false;
  private roleSent = false;

  constructor(
    private readonly stream: EventStream,
    private readonly encoding: 'text' | 'chunks',
    private readonly options: FrameOptions,
  ) {
    this.frames = new OpenAiFrames(options);
  }

  /** @returns false when the reader is slow */
  write(update: RunUpdate): boolean {
    switch (update.kind) {
      case 'delta':
        return this.append(update.text);
      case 'reset':
        if (update.text.startsWith(this.sent)) return this.append(update.text.slice(this.sent.length));
        return this.fail(restarted());
      case 'end':
        return this.finish(update.terminal, update.text);
    }
  }

  /**
   * Ends the stream with an error object and without `[DONE]`.
   *
   * @returns true: write nothing afterwards
   */
  fail(problem: Problem): boolean {
    if (this.stream.isOver) return true;
    this.stream.write(OpenAiFrames.error(problem));
    this.stream.end();
    return true;
  }

  private append(text: string): boolean {
    if (text === '') return true;
    this.sent += text;
    if (this.encoding === 'chunks') return this.appendLines(text);
    const frame = this.frames.text(text);
    if (this.roleSent) return this.stream.write(frame);
    this.roleSent = true;
    return this.stream.write(this.frames.role() + frame);
  }

  private appendLines(text: string): boolean {
    const lines = (this.line + text).split('\n');
    this.line = lines.pop() ?? '';
    let frames = '';
    for (const line of lines) {
      if (line === '') continue;
      this.finishSeen ||= /"finish_reason":\s*"/.test(line);
      frames += this.frames.choices(line);
    }
    return frames === '' || this.stream.write(frames);
  }

  private finish(terminal: RunTerminal, text: string): boolean {
    const problem = problemOfRun(terminal);
    // A slow reader may lack some text, however the run ended.
    if (text.startsWith(this.sent)) this.append(text.slice(this.sent.length));
    else if (problem === undefined) return this.fail(restarted());
    if (problem !== undefined) return this.fail(problem);
    const { usage, finishReason, systemFingerprint } = terminal;
    if (systemFingerprint !== undefined) this.frames.fingerprint(systemFingerprint);
    let frames = this.roleSent || this.encoding === 'chunks' ? '' : this.frames.role();
    if (!this.finishSeen) frames += this.frames.finish(finishReason ?? 'stop');
    if (this.options.includeUsage && usage !== undefined) frames += this.frames.usage(usage);
    this.stream.write(frames + OpenAiFrames.done);
    this.stream.end();
    return true;
  }
}

const restarted = (): Problem =>
  problemOfFailure({
    code: 'CANCELLED',
    message: 'The answer was restarted and this stream cannot be rewritten. Please retry.',
  });
