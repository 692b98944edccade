import { ProviderError } from './errors';
import type { ChatMessage, ChatRequest, Continuation, ModelConnection, ProviderModel } from './types';

/** Usual host names of servers that can continue (service names of a compose file or a cluster). */
const CONTINUING_HOSTS = /(^|[.-])(vllm|sglang|aphrodite|llama-?cpp)([.-]|$)/;

/**
 * How the provider at this address continues an answer, derived from the address; an admin's choice overrides it. An unknown server is
 * `none`: one that cannot continue would put a second beginning into the answer.
 */
export function detectContinuation(baseUrl: string, kind: ModelConnection['kind']): Continuation {
  if (kind === 'ollama') return 'trailing_assistant';
  let url: URL;
  try {
    url = new URL(baseUrl);
  } catch {
    return 'none';
  }
  const host = url.hostname.toLowerCase();
  if (host === 'api.deepseek.com') return /^\/beta(\/|$)/.test(url.pathname) ? 'prefix' : 'none';
  if (host === 'api.mistral.ai') return 'prefix';
  if (host === 'api.anthropic.com') return 'trailing_assistant';
  if (CONTINUING_HOSTS.test(host)) return 'continue_final_message';
  return 'none';
}

/** What some servers say about themselves in their model list (`owned_by`). */
const BY_OWNER: Record<string, Continuation> = {
  vllm: 'continue_final_message',
  sglang: 'continue_final_message',
  llamacpp: 'continue_final_message',
  'perennial-simulator': 'continue_final_message',
  'perennial-local-model': 'trailing_assistant',
};

/**
 * The same from a model list, for servers whose address reveals nothing. Undefined when the list does not tell, or its models disagree (a
 * proxy in front of several servers).
 */
export function continuationFromModels(models: readonly ProviderModel[]): Continuation | undefined {
  const found = new Set(models.map((model) => BY_OWNER[model.ownedBy]));
  return found.size === 1 ? [...found][0] : undefined;
}

/** Refines it for one model: Anthropic's models refuse a trailing assistant message from Claude 4.6 on. */
export function continuationFor(
  connection: Pick<ModelConnection, 'baseUrl' | 'continuation'>,
  model: string,
): Continuation {
  if (connection.continuation !== 'trailing_assistant' || !isAnthropic(connection.baseUrl))
    return connection.continuation;
  const version = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(model);
  if (!version) return 'none';
  const [major, minor] = [Number(version[1]), Number(version[2] ?? 0)];
  return major < 4 || (major === 4 && minor < 6) ? 'trailing_assistant' : 'none';
}

function isAnthropic(baseUrl: string): boolean {
  return /^https?:\/\/api\.anthropic\.com(?=[:/]|$)/i.test(baseUrl);
}

/** A prepared request: the fields of the body, and the white space with which its answer may begin again. */
export interface PreparedRequest {
  body: Record<string, unknown>;
  messages: ChatMessage[];
  /**
   * Trailing white space that was cut from the text to continue because the provider refuses it. The provider is likely to repeat it; the
   * overlap at the beginning of the answer is dropped, so the joined text has it once.
   */
  repeatedSpace: string;
}

/** Applies `continueFrom` in the way that the connection supports. */
export function prepareRequest(connection: ModelConnection, request: ChatRequest): PreparedRequest {
  const { continueFrom, messages, ...rest } = request;
  if (!continueFrom) return { body: rest, messages, repeatedSpace: '' };
  const continuation = continuationFor(connection, request.model);
  const trims = isAnthropic(connection.baseUrl);
  const content = trims ? continueFrom.trimEnd() : continueFrom;
  const repeatedSpace = continueFrom.slice(content.length);
  const tail: ChatMessage = { role: 'assistant', content };
  switch (continuation) {
    case 'continue_final_message':
      return {
        body: { ...rest, continue_final_message: true, add_generation_prompt: false },
        messages: [...messages, tail],
        repeatedSpace,
      };
    case 'trailing_assistant':
      return { body: rest, messages: [...messages, tail], repeatedSpace };
    case 'prefix':
      return { body: rest, messages: [...messages, { ...tail, prefix: true }], repeatedSpace };
    case 'none':
      throw new ProviderError('INVALID_ARGUMENT', 'This connection cannot continue an answer that has begun');
  }
}
