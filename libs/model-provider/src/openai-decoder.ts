import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { errorFromStream, ProviderError } from './errors';
import type { EventSink, StreamDecoder } from './decoder';
import type { RawChunk, Usage } from './types';

/** Characters without one complete event after which the provider is taken to be broken; bounds what it can make us hold. */
export const MAX_EVENT = 8 * 1024 * 1024;

interface ChunkDelta {
  content?: unknown;
  reasoning_content?: unknown;
  reasoning?: unknown;
}

interface OpenAiChunk {
  error?: unknown;
  usage?: Usage | null;
  choices?: { index?: number; delta?: ChunkDelta | null; message?: ChunkDelta; finish_reason?: string | null }[];
}

/** Server-sent events of OpenAI's chat completions and of everything that imitates them. */
export class OpenAiDecoder implements StreamDecoder {
  private sinceEvent = 0;
  private complete = false;
  private readonly parser = createParser({
    onEvent: (event) => this.event(event),
    onComment: () => {
      this.sinceEvent = 0;
    },
  });

  constructor(
    private readonly sink: EventSink,
    private readonly raw: boolean,
  ) {}

  feed(text: string): void {
    this.sinceEvent += text.length;
    this.parser.feed(text);
    if (this.sinceEvent > MAX_EVENT)
      throw new ProviderError('PROTOCOL', 'The provider sent an event of more than 8 MB');
  }

  finish(): void {
    if (this.complete) return;
    try {
      // Some servers leave out the last empty line.
      this.parser.feed('\n\n');
    } catch (error) {
      // Half a line is the mark of a cut connection, not of a provider that speaks wrongly.
      if (!(error instanceof ProviderError && error.code === 'PROTOCOL')) throw error;
    }
  }

  private event({ event, data }: EventSourceMessage): void {
    this.sinceEvent = 0;
    if (this.complete) return;
    if (data === '[DONE]') {
      this.complete = true;
      return this.sink.done();
    }
    let chunk: OpenAiChunk;
    try {
      chunk = JSON.parse(data) as OpenAiChunk;
    } catch {
      throw new ProviderError('PROTOCOL', 'The provider sent a malformed chunk');
    }
    if (typeof chunk !== 'object' || chunk === null)
      throw new ProviderError('PROTOCOL', 'The provider sent a malformed chunk');
    if (chunk.error || event === 'error') throw errorFromStream(chunk);
    if (chunk.usage) this.sink.usage(chunk.usage);
    if (this.raw) this.sink.chunk(chunk as RawChunk);
    const choice = chunk.choices?.[0];
    if (!choice) return;
    if (!this.raw && choice.delta) deliver(this.sink, choice.delta);
    if (choice.finish_reason) this.sink.finishReason(choice.finish_reason);
  }
}

/** For servers that answer a streaming request with one JSON document. */
export class OpenAiDocumentDecoder implements StreamDecoder {
  private body = '';

  constructor(
    private readonly sink: EventSink,
    private readonly raw: boolean,
  ) {}

  feed(text: string): void {
    this.body += text;
    if (this.body.length > MAX_EVENT)
      throw new ProviderError('PROTOCOL', 'The provider sent a document of more than 8 MB');
  }

  finish(): void {
    let document: OpenAiChunk;
    try {
      document = JSON.parse(this.body) as OpenAiChunk;
    } catch {
      throw new ProviderError('PROTOCOL', 'The provider sent malformed JSON');
    }
    if (document?.error) throw errorFromStream(document);
    const choice = document?.choices?.[0];
    if (!choice?.message) throw new ProviderError('PROTOCOL', 'The provider answered without a message');
    if (document.usage) this.sink.usage(document.usage);
    if (this.raw) {
      const choices = document.choices!.map(({ message, ...rest }) => ({ ...rest, delta: message }));
      this.sink.chunk({ ...document, object: 'chat.completion.chunk', choices } as RawChunk);
    } else {
      deliver(this.sink, choice.message);
    }
    this.sink.finishReason(choice.finish_reason ?? 'stop');
    this.sink.done();
  }
}

/** Text and reasoning of a delta or a message, in the spellings that are in use. */
export function deliver(sink: Pick<EventSink, 'text' | 'reasoning'>, delta: ChunkDelta): void {
  const reasoning = delta.reasoning_content ?? delta.reasoning;
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
