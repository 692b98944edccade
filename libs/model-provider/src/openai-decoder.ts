import type { EventSink, StreamDecoder } from './decoder';
import { errorFromStream, isErrorDocument, ProviderError } from './errors';
import { LineSplitter, MAX_EVENT_BYTES, tooLarge } from './lines';
import { ToolCallIndexes } from './tool-call-indexes';
import type { RawChunk, Usage } from './types';

/** Cost of a held line besides its characters, so that endless empty lines are limited too. */
const LINE_OVERHEAD = 64;

interface Delta {
  content?: unknown;
  reasoning_content?: unknown;
  reasoning?: unknown;
  tool_calls?: unknown;
}

interface Choice {
  index?: number;
  delta?: Delta | null;
  message?: Delta | null;
  finish_reason?: string | null;
  error?: unknown;
}

interface OpenAiChunk extends Record<string, unknown> {
  usage?: Usage | null;
  choices?: Choice[] | null;
  system_fingerprint?: unknown;
}

/**
 * Server-sent events of OpenAI's chat completions and of compatible servers: also without `data:`, with other fields, with keep-alive text,
 * and one whole document instead of a stream. The content type is unreliable and ignored.
 */
export class OpenAiDecoder implements StreamDecoder {
  private readonly lines = new LineSplitter((line) => this.line(line));
  private readonly calls = new ToolCallIndexes();
  private first = true;
  private complete = false;
  /** Name of the current event. */
  private name = '';
  private data?: string;
  /** Lines of a JSON document outside of an event. */
  private document?: string[];
  private heldCharacters = 0;

  constructor(
    private readonly sink: EventSink,
    private readonly raw: boolean,
  ) {}

  feed(bytes: Buffer): void {
    if (!this.complete) this.lines.feed(bytes);
  }

  finish(): void {
    if (this.complete) return;
    try {
      this.lines.end();
      this.endDocument();
      // Some servers omit the last empty line.
      this.endEvent();
    } catch (error) {
      // Half a line means that the connection was cut, not a protocol error.
      if (!(error instanceof ProviderError && error.code === 'PROTOCOL')) throw error;
    }
  }

  private line(text: string): void {
    if (this.complete) return;
    const line = this.first ? text.replace(/^\uFEFF/, '') : text;
    this.first = false;
    if (line.startsWith('data:')) {
      this.endDocument();
      const value = line.slice(line.charCodeAt(5) === 0x20 ? 6 : 5);
      this.data = this.data === undefined ? value : `${this.data}\n${value}`;
      this.hold(value);
    } else if (this.document) {
      this.document.push(line);
      this.hold(line);
    } else if (line === '') {
      this.endEvent();
    } else if (line.startsWith('event:')) {
      this.name = line.slice(6).trim();
    } else if (/^\s*\{/.test(line)) {
      this.bare(line);
    }
  }

  private hold({ length }: string): void {
    this.heldCharacters += length + LINE_OVERHEAD;
    if (this.heldCharacters > MAX_EVENT_BYTES) throw tooLarge();
  }

  private endEvent(): void {
    const { data, name } = this;
    this.data = undefined;
    this.name = '';
    this.heldCharacters = 0;
    if (data === undefined) return;
    const chunk = parse(data);
    if (chunk !== undefined) return this.chunk(chunk, name);
    // For servers without empty lines between their events.
    for (const line of data.split('\n')) this.datum(line, name);
  }

  private datum(data: string, name: string): void {
    const trimmed = data.trim();
    if (trimmed === '[DONE]') return this.done();
    const chunk = parse(trimmed);
    if (chunk !== undefined) return this.chunk(chunk, name);
    // Empty, or keep-alive text.
    if (!/^[{["\d]|^null$/.test(trimmed)) return;
    throw new ProviderError('PROTOCOL', 'The provider sent a malformed chunk');
  }

  /** JSON outside of an event: an error, a line of a stream without `data:`, or the beginning of a document. */
  private bare(line: string): void {
    this.endEvent();
    const chunk = parse(line);
    if (chunk !== undefined) return this.chunk(chunk, '');
    this.document = [line];
    this.hold(line);
  }

  private endDocument(): void {
    const { document } = this;
    if (!document) return;
    this.document = undefined;
    this.heldCharacters = 0;
    const chunk = parse(document.join('\n'));
    if (chunk === undefined) throw new ProviderError('PROTOCOL', 'The provider sent malformed JSON');
    this.chunk(chunk, '');
  }

  private done(): void {
    if (this.complete) return;
    this.complete = true;
    this.sink.done();
  }

  private chunk(chunk: OpenAiChunk, name: string): void {
    if (this.complete) return;
    const isError = name === 'error' || isErrorDocument(chunk);
    if (chunk.usage) this.sink.usage(chunk.usage);
    if (typeof chunk.system_fingerprint === 'string') this.sink.systemFingerprint(chunk.system_fingerprint);
    const choices = Array.isArray(chunk.choices) ? chunk.choices : [];
    if (this.raw && !isError) this.sink.chunk(this.normalised(chunk, choices));
    const choice = choices.find((one) => one?.index === undefined || one.index === 0) ?? choices[0];
    if (choice && !this.raw) deliver(this.sink, choice.delta ?? choice.message ?? {});
    if (isError) throw errorFromStream(chunk);
    if (!choice) return;
    if (choice.finish_reason === 'error') throw errorFromStream(choice.error ? choice : ENDED_BY_ERROR);
    if (choice.finish_reason) this.sink.finishReason(choice.finish_reason);
    else if (chunk.object === 'chat.completion' && choice.message) this.sink.finishReason('stop');
  }

  /** The chunk in the shape that clients read: `delta`, and every tool call with its index. */
  private normalised(chunk: OpenAiChunk, choices: readonly Choice[]): RawChunk {
    if (!choices.some((choice) => choice?.message || choice?.delta?.tool_calls)) return chunk;
    return {
      ...chunk,
      object: 'chat.completion.chunk',
      choices: choices.map(({ message, delta, ...rest }) => {
        const all = delta ?? message ?? {};
        const calls = all.tool_calls;
        const indexed = Array.isArray(calls) ? this.calls.of(rest.index ?? 0, calls, delta == null) : calls;
        return { ...rest, delta: indexed === undefined ? all : { ...all, tool_calls: indexed } };
      }),
    };
  }
}

const ENDED_BY_ERROR = { error: { message: 'The provider ended the answer with an error' } };

function parse(text: string): OpenAiChunk | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as OpenAiChunk;
  } catch {
    // Whether that is a fault is for the caller to say.
  }
  return undefined;
}

/** Text and reasoning of a delta or a message, in all known spellings. */
export function deliver(sink: Pick<EventSink, 'text' | 'reasoning'>, delta: Delta): void {
  // One of the two may be present and empty.
  const reasoning = delta.reasoning_content || delta.reasoning;
  if (typeof reasoning === 'string' && reasoning) sink.reasoning(reasoning);
  const { content } = delta;
  if (typeof content === 'string') {
    if (content) sink.text(content);
  } else if (Array.isArray(content)) {
    for (const part of content as { type?: string; text?: unknown; thinking?: unknown }[]) {
      if (part?.type === 'text' && typeof part.text === 'string') sink.text(part.text);
      else if (part?.type === 'thinking')
        deliver({ text: (text) => sink.reasoning(text), reasoning: () => undefined }, { content: part.thinking });
    }
  }
}
