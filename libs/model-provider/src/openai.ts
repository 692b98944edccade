import { splitThoughts } from '@perennial/contracts-kernel';
import { prepareRequest } from './continuation';
import { errorFromStream, isErrorDocument, ProviderError } from './errors';
import { estimatedUsage } from './estimate';
import type { Endpoint } from './http';
import { LearnedRefusals } from './learned';
import { deliver, OpenAiDecoder } from './openai-decoder';
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
    for (const row of await this.endpoint.rows('/models', signal)) {
      const id = [row?.id, row?.model, row?.name].find((value) => typeof value === 'string' && value !== '');
      if (typeof id !== 'string') continue;
      models.push({
        id,
        name: typeof row.name === 'string' && row.name ? row.name : id,
        ownedBy: typeof row.owned_by === 'string' ? row.owned_by : 'openai',
        raw: row,
      });
    }
    return models;
  }

  async stream(request: ChatRequest, sink: AnswerSink, options: StreamOptions = {}): Promise<AnswerEnd> {
    const { body, messages, repeatedSpace } = prepareRequest(this.connection, request);
    const refusals = new LearnedRefusals(this.endpoint.address, request.model);
    const raw = options.raw ?? false;
    const whole = { ...body, messages, stream: true };
    return this.endpoint.stream(
      '/chat/completions',
      {
        accept: 'text/event-stream',
        body: () => refusals.adapt(whole),
        refusals,
        repeatedSpace,
        continues: request.continueFrom !== undefined,
        decoder: (events) => new OpenAiDecoder(events, raw),
        estimate: (length) => (refusals.omits('stream_options') ? estimatedUsage(messages, length) : undefined),
      },
      sink,
      options,
    );
  }

  async complete(request: ChatRequest, options: { signal?: AbortSignal } = {}): Promise<CompletionResult> {
    const { body, messages } = prepareRequest(this.connection, request);
    const { stream_options: _streamOnly, ...rest } = body;
    const document = await this.completion({ ...rest, messages, stream: false }, request.model, options.signal);
    if (isErrorDocument(document)) throw errorFromStream(document);
    const choice = (
      document.choices as { message?: Record<string, unknown>; finish_reason?: string }[] | undefined
    )?.[0];
    if (!choice?.message) throw new ProviderError('PROTOCOL', 'The provider answered without a message');
    let text = '';
    const reasoning: string[] = [];
    deliver({ text: (part) => (text += part), reasoning: (part) => reasoning.push(part) }, choice.message);
    const { thoughts, answer } = splitThoughts(text);
    if (thoughts) reasoning.push(thoughts);
    return {
      text: answer,
      ...(reasoning.length > 0 && { reasoning: reasoning.join('\n\n') }),
      finishReason: choice.finish_reason ?? 'stop',
      ...(document.usage ? { usage: document.usage as Usage } : {}),
      raw: document,
    };
  }

  private async completion(
    whole: Record<string, unknown>,
    model: string,
    signal?: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const refusals = new LearnedRefusals(this.endpoint.address, model);
    for (;;) {
      const body = refusals.adapt(whole);
      try {
        const timeoutMs = this.endpoint.timeouts.firstToken;
        const document = await this.endpoint.json('POST', '/chat/completions', { body, timeoutMs, signal });
        if (Array.isArray(document)) throw new ProviderError('PROTOCOL', 'The provider answered without a message');
        if (!isErrorDocument(document)) refusals.confirm();
        return document;
      } catch (error) {
        if (!(error instanceof ProviderError && refusals.learn(error))) throw error;
      }
    }
  }
}
