import { HTTP_STATUS, type ErrorCode } from '@perennial/contracts-kernel';
import type { RunTerminal, RunUpdate } from '@perennial/transport';
import type { EventStream } from '../edge/event-stream';
import { Problem } from '../edge/problem';
import { OpenAiFrames, type FrameOptions } from './openai-frames';

/** Status of a run's failure. The codes of calls have theirs; any other is the provider's own. */
export function statusOf(code: string): number {
  return HTTP_STATUS[code as ErrorCode] ?? 502;
}

export function problemOfRun({ state, error }: RunTerminal): Problem | undefined {
  if (state === 'completed') return undefined;
  if (state === 'cancelled') return new Problem(499, 'The answer was stopped before it was finished.');
  return new Problem(statusOf(error?.code ?? ''), error?.message ?? 'The answer could not be finished. Try again.');
}

/**
 * Writes a run into an OpenAI stream. Such a stream cannot take text back: when the run starts again after something was sent, it ends
 * with an error object and without `[DONE]`.
 */
export class CompletionStream {
  private readonly frames: OpenAiFrames;
  /** What the reader has of the run's text. */
  private sent = '';
  /** Chunks encoding: the beginning of a line whose end has not come. */
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
        return this.fail(
          'CANCELLED',
          'The answer was begun anew by another worker and cannot be taken back here. Ask again.',
        );
      case 'end':
        return this.finish(update.terminal, update.text);
    }
  }

  /** @returns true: after this nothing is written */
  fail(code: string, message: string): boolean {
    if (this.stream.isOver) return true;
    this.stream.write(OpenAiFrames.error(statusOf(code), message, code));
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

  /** A failure before the first frame is left to the caller: it can still be an HTTP status. */
  private finish(terminal: RunTerminal, text: string): boolean {
    const problem = problemOfRun(terminal);
    if (problem !== undefined) return this.fail(terminal.error?.code ?? 'CANCELLED', problem.message);
    if (!text.startsWith(this.sent))
      return this.fail('CANCELLED', 'The answer was written anew and cannot be taken back here. Ask again.');
    this.append(text.slice(this.sent.length));
    const { usage, finishReason } = terminal;
    let frames = this.roleSent || this.encoding === 'chunks' ? '' : this.frames.role();
    if (!this.finishSeen) frames += this.frames.finish(finishReason ?? 'stop');
    if (this.options.includeUsage && usage !== undefined) frames += this.frames.usage(usage);
    this.stream.write(frames + OpenAiFrames.done);
    this.stream.end();
    return true;
  }
}
