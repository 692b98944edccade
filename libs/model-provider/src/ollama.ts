import { splitThoughts } from '@perennial/contracts-kernel';
import { prepareRequest } from './continuation';
import { errorFromStream, isErrorDocument, ProviderError } from './errors';
import type { Endpoint } from './http';
import { type OllamaChunk, OllamaDecoder, toFinishReason, toOpenAiCompletion, usageOf } from './ollama-decoder';
import { toOllamaBody } from './ollama-request';
import type {
  AnswerEnd,
  AnswerSink,
  ChatRequest,
  CompletionResult,
  ModelConnection,
  ModelProvider,
  ProviderModel,
  StreamOptions,
} from './types';

/** Ollama's own API (`/api/tags`, `/api/chat`), behind the same shapes as OpenAI's. */
export class OllamaProvider implements ModelProvider {
  constructor(
    private readonly connection: ModelConnection,
    private readonly endpoint: Endpoint,
  ) {}

  async listModels(signal?: AbortSignal): Promise<ProviderModel[]> {
    const models: ProviderModel[] = [];
    for (const row of await this.endpoint.rows('/api/tags', signal)) {
      const id = row?.model ?? row?.name;
      if (typeof id !== 'string' || !id) continue;
      models.push({ id, name: typeof row.name === 'string' && row.name ? row.name : id, ownedBy: 'ollama', raw: row });
    }
    return models;
  }

  async stream(request: ChatRequest, sink: AnswerSink, options: StreamOptions = {}): Promise<AnswerEnd> {
    const { body, messages, repeatedSpace } = prepareRequest(this.connection, request);
    return this.endpoint.stream(
      '/api/chat',
      {
        accept: 'application/x-ndjson',
        body: () => toOllamaBody(body, messages, true),
        repeatedSpace,
        continues: request.continueFrom !== undefined,
        decoder: (events) => new OllamaDecoder(events, options.raw ?? false),
      },
      sink,
      options,
    );
  }

  async complete(request: ChatRequest, options: { signal?: AbortSignal } = {}): Promise<CompletionResult> {
    const { body, messages } = prepareRequest(this.connection, request);
    const document = (await this.endpoint.json('POST', '/api/chat', {
      body: toOllamaBody(body, messages, false),
      timeoutMs: this.endpoint.timeouts.firstToken,
      signal: options.signal,
    })) as OllamaChunk;
    if (isErrorDocument(document)) throw errorFromStream(document);
    if (!document.message) throw new ProviderError('PROTOCOL', 'The provider answered without a message');
    const usage = usageOf(document);
    const { thoughts, answer } = splitThoughts(document.message.content ?? '');
    const reasoning = [document.message.thinking, thoughts].filter(Boolean).join('\n\n');
    return {
      text: answer,
      ...(reasoning && { reasoning }),
      finishReason: toFinishReason(document, (document.message.tool_calls?.length ?? 0) > 0),
      ...(usage && { usage }),
      raw: toOpenAiCompletion(document),
    };
  }
}
