import type { ResolvedModel } from '@perennial/contracts-config';
import { CallError, splitThoughts } from '@perennial/contracts-kernel';
import {
  type ChatMessage,
  type ChatRequest,
  continuationFor,
  type ModelConnection,
  type Usage,
} from '@perennial/model-provider';
import type { TokenUsage } from '@perennial/transport';
import { historyMessages } from '../types/history-messages';
import type { ClaimedRun, TurnRequest } from '../types/run';

/** Parameters of a turn that are sent to the provider; other `params` are the client's own. */
const PASSED_ON = new Set([
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'max_tokens',
  'max_completion_tokens',
  'frequency_penalty',
  'presence_penalty',
  'repeat_penalty',
  'seed',
  'stop',
  'logit_bias',
  'reasoning_effort',
  'num_ctx',
  'num_predict',
  'mirostat',
  'mirostat_eta',
  'mirostat_tau',
  'repeat_last_n',
  'tfs_z',
  'num_keep',
  'keep_alive',
]);

/** Fields that limit the answer's length in tokens. */
const LENGTH_BOUNDS = ['max_tokens', 'max_completion_tokens', 'num_predict'];

/** Estimated characters per token. */
const CHARS_PER_TOKEN = 4;

export interface ProviderCall {
  request: ChatRequest;
  /** Requests whole chunks. */
  raw: boolean;
  /** The existing text is continued; otherwise the answer starts again. */
  continues: boolean;
}

/** The provider's request for a first answer, or for one that continues `text`. */
export function providerCall(
  run: ClaimedRun,
  model: ResolvedModel,
  connection: ModelConnection,
  text: string,
): ProviderCall {
  const raw = run.encoding === 'chunks';
  if (connection.kind === 'ollama' && Number(run.request.n) > 1) {
    throw new CallError('INVALID_ARGUMENT', 'This model gives one answer to a request. Leave out n, or set it to 1.');
  }
  const base = run.kind === 'turn' ? turnRequest(run, model) : completionRequest(run, model);
  const request: ChatRequest = {
    ...base,
    ...(connection.kind === 'openai' ? { stream_options: { include_usage: true } } : {}),
  };
  const continues = canContinue(text, raw, connection, model.upstreamModel);
  if (!continues && text !== '' && run.kind === 'turn' && run.request.continues) return afterItsEnd(request, text);
  return { request: continues ? { ...lessTokens(request, text), continueFrom: text } : request, raw, continues };
}

/** Continues an ended answer with a provider that cannot continue: it is asked what follows that text. */
function afterItsEnd(request: ChatRequest, text: string): ProviderCall {
  const tail = historyMessages([{ id: '', role: 'assistant', content: text, parts: null }]);
  return { request: { ...request, messages: [...request.messages, ...tail] }, raw: false, continues: true };
}

/** Usage of the whole answer: text before the last call was not reported and is estimated from its length. */
export function wholeUsage(reported: Usage | undefined, continuedFrom: string): TokenUsage | undefined {
  if (!reported || typeof reported.completion_tokens !== 'number') return undefined;
  const prompt = wholeNumber(reported.prompt_tokens);
  const completion = wholeNumber(reported.completion_tokens) + tokensOf(continuedFrom);
  const usage: TokenUsage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  for (const field of ['prompt_tokens_details', 'completion_tokens_details'] as const) {
    const details = countsIn(reported[field]);
    if (details) usage[field] = details;
  }
  return usage;
}

function wholeNumber(value: unknown): number {
  return typeof value === 'number' && value > 0 ? Math.min(Math.round(value), Number.MAX_SAFE_INTEGER) : 0;
}

/** More kinds of token than any provider counts. */
const MAX_DETAILS = 20;

/** The counts among a provider's usage details; other fields are dropped. */
function countsIn(details: unknown): Record<string, number> | undefined {
  if (typeof details !== 'object' || details === null) return undefined;
  const counts = Object.entries(details).filter(
    (entry): entry is [string, number] => Number.isFinite(entry[1]) && entry[0].length <= 64,
  );
  return counts.length === 0 ? undefined : Object.fromEntries(counts.slice(0, MAX_DETAILS));
}

/**
 * Only plain text: not in or after thoughts, which a provider would take for a part of the answer, and not structured output.
 */
function canContinue(text: string, raw: boolean, connection: ModelConnection, upstreamModel: string): boolean {
  return (
    text !== '' && !raw && continuationFor(connection, upstreamModel) !== 'none' && splitThoughts(text).answer === text
  );
}

function lessTokens(request: ChatRequest, text: string): ChatRequest {
  const less: ChatRequest = { ...request };
  for (const bound of LENGTH_BOUNDS) {
    const value = request[bound];
    if (typeof value === 'number' && value > 0) less[bound] = Math.max(1, value - tokensOf(text));
  }
  return less;
}

function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

function turnRequest(run: ClaimedRun, model: ResolvedModel): ChatRequest {
  const { system, params } = run.request as unknown as TurnRequest;
  const messages: ChatMessage[] = [];
  for (const text of [model.params.system, system ?? params.system]) {
    if (typeof text === 'string' && text.trim() !== '') messages.push({ role: 'system', content: text });
  }
  return {
    ...passedOn(model.params),
    ...passedOn(params),
    model: model.upstreamModel,
    messages: [...messages, ...historyMessages(run.history ?? [])],
  };
}

function completionRequest(run: ClaimedRun, model: ResolvedModel): ChatRequest {
  const { stream: _stream, stream_options: _options, model: _model, files: _files, ...body } = run.request;
  return { ...passedOn(model.params), ...body, model: model.upstreamModel } as ChatRequest;
}

function passedOn(params: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).filter(([name, value]) => PASSED_ON.has(name) && value !== null && value !== undefined),
  );
}
