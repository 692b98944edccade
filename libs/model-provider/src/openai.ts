import { prepareRequest } from './continuation';
import { errorFromStream, ProviderError } from './errors';
import type { Endpoint } from './http';
import { deliver, OpenAiDecoder, OpenAiDocumentDecoder } from './openai-decoder';
import type {
  AnswerEnd,
  AnswerSink,
  ChatRequest,
  CompletionResult,
  ModelConnection,
  ModelProvider,
  ProviderModel,
  StreamOptions,
  Usage,
} from './types';

/** Servers that speak OpenAI's `/models` and `/chat/completions`. */
export class OpenAiProvider implements ModelProvider {
  constructor(
    private readonly connection: ModelConnection,
    private readonly endpoint: Endpoint,
  ) {}

  async listModels(signal?: AbortSignal): Promise<ProviderModel[]> {
    const models: ProviderModel[] = [];
    // Some gateways answer with the bare list.
    for (const row of await this.endpoint.rows('/models', 'data', signal)) {
      if (typeof row?.id !== 'string' || !row.id) continue;
      models.push({
        id: row.id,
        name: typeof row.name === 'string' && row.name ? row.name : row.id,
        ownedBy: typeof row.owned_by === 'string' ? row.owned_by : 'openai',
        raw: row,
      });
    }
    return models;
  }

  async stream(request: ChatRequest, sink: AnswerSink, options: StreamOptions = {}): Promise<AnswerEnd> {
    const { body, messages, repeatedSpace } = prepareRequest(this.connection, request);
    const raw = options.raw ?? false;
    return this.endpoint.stream(
      '/chat/completions',
      {
        accept: 'text/event-stream',
        body: { ...body, messages, stream: true },
        repeatedSpace,
        decoder: (events, contentType) =>
          contentType === 'application/json' ? new OpenAiDocumentDecoder(events, raw) : new OpenAiDecoder(events, raw),
      },
      sink,
      options,
    );
  }

  async complete(request: ChatRequest, options: { signal?: AbortSignal } = {}): Promise<CompletionResult> {
    const { body, messages } = prepareRequest(this.connection, request);
    const { stream_options: _streamOnly, ...rest } = body;
    const document = await this.endpoint.json('POST', '/chat/completions', {
      body: { ...rest, messages, stream: false },
      timeoutMs: this.endpoint.timeouts.firstToken,
      signal: options.signal,
    });
    if (Array.isArray(document)) throw new ProviderError('PROTOCOL', 'The provider answered without a message');
    if (document.error) throw errorFromStream(document);
    const choice = (
      document.choices as { message?: Record<string, unknown>; finish_reason?: string }[] | undefined
    )?.[0];
    if (!choice?.message) throw new ProviderError('PROTOCOL', 'The provider answered without a message');
    let text = '';
    let reasoning = '';
    deliver({ text: (part) => (text += part), reasoning: (part) => (reasoning += part) }, choice.message);
    return {
      text,
      ...(reasoning && { reasoning }),
      finishReason: choice.finish_reason ?? 'stop',
      ...(document.usage ? { usage: document.usage as Usage } : {}),
      raw: document,
    };
  }
}
