import { randomUUID } from 'node:crypto';
import type { EventSink, StreamDecoder } from './decoder';
import { errorFromStream, isErrorDocument, ProviderError } from './errors';
import { LineSplitter } from './lines';
import type { RawChunk, Usage } from './types';

export interface OllamaToolCall {
  id?: string;
  function?: { name?: string; arguments?: unknown };
}

/** One line of `/api/chat`. */
export interface OllamaChunk extends Record<string, unknown> {
  error?: unknown;
  model?: string;
  message?: { role?: string; content?: string; thinking?: string; tool_calls?: OllamaToolCall[] };
  done?: boolean;
  done_reason?: string;
  prompt_eval_count?: number;
  eval_count?: number;
}

/** Newline-delimited JSON of Ollama's `/api/chat`; with `raw` each line becomes a chunk in OpenAI's shape. */
export class OllamaDecoder implements StreamDecoder {
  private readonly lines = new LineSplitter((line) => this.line(line));
  private toolCalls = 0;
  private complete = false;
  private readonly id = `chatcmpl-${randomUUID()}`;
  private readonly created = Math.floor(Date.now() / 1000);

  constructor(
    private readonly sink: EventSink,
    private readonly raw: boolean,
  ) {}

  feed(bytes: Buffer): void {
    if (!this.complete) this.lines.feed(bytes);
  }

  finish(): void {
    try {
      this.lines.end();
    } catch (error) {
      // Half a line means that the connection was cut.
      if (!(error instanceof ProviderError && error.code === 'PROTOCOL')) throw error;
    }
  }

  private line(line: string): void {
    if (this.complete || !line.trim()) return;
    let chunk: OllamaChunk;
    try {
      chunk = JSON.parse(line) as OllamaChunk;
    } catch {
      throw new ProviderError('PROTOCOL', 'The provider sent a malformed chunk');
    }
    if (typeof chunk !== 'object' || chunk === null)
      throw new ProviderError('PROTOCOL', 'The provider sent a malformed chunk');
    if (isErrorDocument(chunk)) throw errorFromStream(chunk);
    const message = chunk.message;
    if (this.raw) {
      this.sink.chunk(this.toOpenAi(chunk));
    } else if (message) {
      if (message.thinking) this.sink.reasoning(message.thinking);
      if (message.content) this.sink.text(message.content);
    }
    if (!chunk.done) return;
    this.complete = true;
    const usage = usageOf(chunk);
    if (usage) this.sink.usage(usage);
    this.sink.finishReason(toFinishReason(chunk, this.toolCalls > 0));
    this.sink.done();
  }

  private toOpenAi(chunk: OllamaChunk): RawChunk {
    const { message } = chunk;
    const calls = message?.tool_calls?.map((call) => toOpenAiToolCall(call, this.toolCalls++));
    const usage = chunk.done ? usageOf(chunk) : undefined;
    return {
      id: this.id,
      object: 'chat.completion.chunk',
      created: this.created,
      model: chunk.model,
      choices: [
        {
          index: 0,
          delta: {
            ...(message?.role && { role: message.role }),
            ...(message?.content && { content: message.content }),
            ...(message?.thinking && { reasoning_content: message.thinking }),
            ...(calls && { tool_calls: calls }),
          },
          finish_reason: chunk.done ? toFinishReason(chunk, this.toolCalls > 0) : null,
        },
      ],
      ...(usage && { usage }),
    };
  }
}

/** A complete answer of `/api/chat` in the shape of OpenAI's `chat.completion`. */
export function toOpenAiCompletion(document: OllamaChunk): Record<string, unknown> {
  const { message } = document;
  const calls = message?.tool_calls?.map(toOpenAiToolCall);
  return {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: document.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: message?.content ?? '',
          ...(message?.thinking && { reasoning_content: message.thinking }),
          ...(calls && { tool_calls: calls }),
        },
        finish_reason: toFinishReason(document, (calls?.length ?? 0) > 0),
      },
    ],
    usage: usageOf(document),
  };
}

export function usageOf(chunk: OllamaChunk): Usage | undefined {
  if (chunk.prompt_eval_count === undefined && chunk.eval_count === undefined) return undefined;
  const [prompt, completion] = [chunk.prompt_eval_count ?? 0, chunk.eval_count ?? 0];
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

export function toFinishReason(chunk: OllamaChunk, calledTools: boolean): string {
  if (calledTools) return 'tool_calls';
  return chunk.done_reason === 'length' ? 'length' : 'stop';
}

function toOpenAiToolCall(call: OllamaToolCall, index: number): Record<string, unknown> {
  return {
    index,
    id: call.id ?? `call_${randomUUID()}`,
    type: 'function',
    function: { name: call.function?.name, arguments: JSON.stringify(call.function?.arguments ?? {}) },
  };
}
