import type { TokenUsage } from '@perennial/transport';
import { openAiError } from '../../http/openai-error';
import type { Problem } from '../../problem';

export interface FrameOptions {
  runId: string;
  model: string;
  includeUsage: boolean;
}

/** Frames of one streamed completion in OpenAI's format. The constant parts are encoded once. */
export class OpenAiFrames {
  private readonly head: string;
  private readonly end: string;
  private start: string;

  constructor({ runId, model, includeUsage }: FrameOptions) {
    const created = Math.floor(Date.now() / 1_000);
    this.head = `data: {"id":"chatcmpl-${runId}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)}`;
    this.start = `${this.head},"choices":`;
    // OpenAI sends the field on every chunk if usage was requested.
    this.end = includeUsage ? ',"usage":null}\n\n' : '}\n\n';
  }

  /** Sets the fingerprint of all further frames. */
  fingerprint(value: string): void {
    this.start = `${this.head},"system_fingerprint":${JSON.stringify(value)},"choices":`;
  }

  role(): string {
    return this.choices('[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]');
  }

  text(text: string): string {
    return this.choices(`[{"index":0,"delta":{"content":${JSON.stringify(text)}},"finish_reason":null}]`);
  }

  finish(reason: string): string {
    return this.choices(`[{"index":0,"delta":{},"finish_reason":${JSON.stringify(reason)}}]`);
  }

  /** @param choices the JSON of a chunk's `choices` */
  choices(choices: string): string {
    return this.start + choices + this.end;
  }

  usage(usage: TokenUsage): string {
    return `${this.start}[],"usage":${JSON.stringify(usage)}}\n\n`;
  }

  static readonly done = 'data: [DONE]\n\n';

  /** The last frame of a completion that failed; no `[DONE]` follows. */
  static error(problem: Problem): string {
    return `data: ${JSON.stringify({ error: openAiError(problem) })}\n\n`;
  }
}
