import type { ServerResponse } from 'node:http';
import { type Fault, parseModel } from './behaviour';
import { embeddingFrom, parseEmbeddingModel, POISON } from './embedding';
import { type Api, fail, json } from './http';
import type { Stats } from './stats';

/** The part of an embedding request that the simulator reads, in OpenAI's or Ollama's shape. */
export interface EmbeddingBody {
  model?: string;
  input?: unknown;
  encoding_format?: unknown;
}

/** Answers one embedding request, with the delay and the fault of its model id or an injection. */
export function answerEmbeddings(
  api: Api,
  body: EmbeddingBody,
  response: ServerResponse,
  stats: Stats,
  injected: Fault | undefined,
): void {
  const model = body.model ?? '';
  const input: unknown[] = Array.isArray(body.input) ? body.input : [body.input];
  stats.embeddingAsked(input);
  if (!model.startsWith('sim')) return fail(api, response, 404, `model '${model}' not found`);
  const texts = input.filter((text): text is string => typeof text === 'string' && text !== '');
  if (texts.length === 0 || texts.length < input.length)
    return fail(api, response, 400, "'input' must be a text or a list of texts, none of them empty");
  const { dimensions, perTextMs, encoding, maxTexts, maxLength, poison } = parseEmbeddingModel(model);
  if (body.encoding_format !== undefined && encoding === 'refused')
    return fail(api, response, 400, "Unknown parameter: 'encoding_format'");
  if (texts.length > maxTexts) return fail(api, response, 413, `at most ${maxTexts} texts in a request`);
  if (texts.some((text) => text.length > maxLength))
    return fail(api, response, 400, `This model's maximum context length is ${maxLength} tokens`);
  const poisonous = poison !== undefined && texts.some((text) => text.includes(POISON));
  if (poisonous && poison !== 0) return fail(api, response, poison, 'Simulated failure of a text');
  const behaviour = parseModel(model);
  const fault = injected ?? behaviour.fault;
  if (fault?.kind === 'down') return void response.socket?.destroy();
  if (fault?.kind === 'status') {
    if (fault.status === 429) response.setHeader('retry-after', String(fault.retryAfter ?? 1));
    return fail(api, response, fault.status, `Simulated error ${fault.status}`);
  }
  const pause = fault?.kind === 'stall' ? (fault.pauseMs ?? Infinity) : 0;
  const delay = behaviour.delayMs + perTextMs * texts.length + pause;
  stats.embeddingOpened();
  const base64 = api === 'openai' && body.encoding_format === 'base64' && encoding === 'known';
  const timer = delay === Infinity ? undefined : setTimeout(() => send(), delay);
  response.on('close', () => {
    clearTimeout(timer);
    stats.embeddingClosed(texts, response.writableFinished && fault?.kind !== 'error');
  });

  function send(): void {
    if (fault?.kind === 'error') return json(response, { error: { message: 'Simulated failure', code: null } });
    const vectors = texts.map((text) => embeddingFrom(model, text, dimensions));
    // One vector is missing: a complete but wrong reply.
    if (fault?.kind === 'truncate') vectors.pop();
    if (poisonous) for (const [at, text] of texts.entries()) if (text.includes(POISON)) vectors[at]!.fill(NaN);
    const document = api === 'openai' ? openAiDocument(model, vectors, base64) : ollamaDocument(model, vectors);
    const text = JSON.stringify(document);
    if (fault?.kind !== 'cut' && fault?.kind !== 'malformed') return json(response, document);
    const half = text.slice(0, text.length / 2);
    response.writeHead(200, { 'content-type': 'application/json' });
    if (fault.kind === 'malformed') return void response.end(half);
    response.write(half, () => response.socket?.destroy());
  }
}

/** No tokenizer: a constant number for each text. */
const TOKENS_PER_TEXT = 10;

function openAiDocument(model: string, vectors: Float32Array[], base64: boolean): object {
  const tokens = vectors.length * TOKENS_PER_TEXT;
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: base64 ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector),
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

function ollamaDocument(model: string, vectors: Float32Array[]): object {
  return {
    model,
    embeddings: vectors.map((vector) => Array.from(vector)),
    total_duration: 1,
    load_duration: 1,
    prompt_eval_count: vectors.length * TOKENS_PER_TEXT,
  };
}
