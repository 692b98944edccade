import { describe, expect, it } from 'vitest';
import { continuationFor, continuationFromModels, detectContinuation, prepareRequest } from './continuation';
import { retryAfterSeconds } from './errors';
import { genAiAttributes, genAiEmbeddingAttributes, genAiResponseAttributes } from './gen-ai';
import { toOllamaBody } from './ollama-request';
import { OverlapTrimmer } from './overlap-trimmer';
import { createProvider } from './provider';
import type { ModelConnection } from './types';

const anthropic: ModelConnection = {
  kind: 'openai',
  baseUrl: 'https://api.anthropic.com/v1',
  continuation: 'trailing_assistant',
};
const messages = [{ role: 'user', content: 'hi' }];

describe('how a provider continues', () => {
  it.each([
    ['http://localhost:11434', 'ollama', 'trailing_assistant'],
    ['http://vllm:8000/v1', 'openai', 'continue_final_message'],
    ['http://my-sglang.internal/v1', 'openai', 'continue_final_message'],
    ['http://aphrodite.lan:2242/v1', 'openai', 'continue_final_message'],
    ['http://llama-cpp:8080/v1', 'openai', 'continue_final_message'],
    ['https://api.deepseek.com/beta', 'openai', 'prefix'],
    ['https://api.deepseek.com/v1', 'openai', 'none'],
    ['https://api.mistral.ai/v1', 'openai', 'prefix'],
    ['https://api.anthropic.com/v1', 'openai', 'trailing_assistant'],
    ['https://api.openai.com/v1', 'openai', 'none'],
    ['http://127.0.0.1:8000/v1', 'openai', 'none'],
    ['nonsense', 'openai', 'none'],
  ] as const)('%s (%s): %s', (url, kind, expected) => {
    expect(detectContinuation(url, kind)).toBe(expected);
  });

  it.each([
    ['claude-3-5-sonnet-20241022', 'trailing_assistant'],
    ['claude-sonnet-4-20250514', 'trailing_assistant'],
    ['claude-opus-4-5-20251101', 'trailing_assistant'],
    ['claude-opus-4-6', 'none'],
    ['claude-sonnet-5', 'none'],
    ['something-else', 'none'],
  ] as const)('%s: %s', (model, expected) => {
    expect(continuationFor(anthropic, model)).toBe(expected);
  });

  it('is derived from a model list only if all entries agree', () => {
    const model = (ownedBy: string) => ({ id: 'm', name: 'm', ownedBy, raw: {} });
    expect(continuationFromModels([model('vllm'), model('vllm')])).toBe('continue_final_message');
    expect(continuationFromModels([model('perennial-local-model')])).toBe('trailing_assistant');
    expect(continuationFromModels([model('vllm'), model('openai')])).toBeUndefined();
    expect(continuationFromModels([])).toBeUndefined();
  });

  it('becomes part of the request', () => {
    const prepare = (continuation: ModelConnection['continuation'], baseUrl = 'http://x/v1') =>
      prepareRequest(
        { kind: 'openai', baseUrl, continuation },
        { model: 'claude-3-opus', messages, continueFrom: 'Once \n' },
      );
    const tail = { role: 'assistant', content: 'Once \n' };
    expect(prepare('continue_final_message')).toMatchObject({
      body: { continue_final_message: true, add_generation_prompt: false },
      messages: [...messages, tail],
    });
    expect(prepare('prefix').messages.at(-1)).toEqual({ ...tail, prefix: true });
    expect(prepare('trailing_assistant')).toEqual({
      body: { model: 'claude-3-opus' },
      messages: [...messages, tail],
      repeatedSpace: '',
    });
    expect(prepare('trailing_assistant', anthropic.baseUrl)).toMatchObject({
      messages: [{}, { content: 'Once' }],
      repeatedSpace: ' \n',
    });
    expect(() => prepare('none')).toThrow('cannot continue');
  });

  it('has the white space at the boundary once', () => {
    const read = (...pieces: string[]) => {
      const trimmer = new OverlapTrimmer(' \n');
      return pieces.map((piece) => trimmer.join(piece)).join('');
    };
    expect(read(' ', '\n', '\nthere')).toBe('\nthere');
    expect(read(' \nthere ', '\n')).toBe('there \n');
    expect(read('there')).toBe('there');
    expect(read(' there')).toBe('there');
  });
});

describe('createProvider', () => {
  it.each(['', 'not a url', 'file:///etc/passwd'])('refuses %j as a base URL', (baseUrl) => {
    expect(() => createProvider({ kind: 'openai', baseUrl, continuation: 'none' })).toThrow('base URL');
  });
});

describe('toOllamaBody', () => {
  it('translates parameters, images, tools and formats', () => {
    const body = {
      model: 'm',
      temperature: 0.5,
      max_tokens: 9,
      stop: 'END',
      logit_bias: {},
      response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' } } },
      options: { num_ctx: 1024 },
    };
    const conversation = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', name: 'add', content: '2' },
    ];
    expect(toOllamaBody(body, conversation, true)).toEqual({
      model: 'm',
      stream: true,
      format: { type: 'object' },
      options: { temperature: 0.5, num_predict: 9, stop: ['END'], num_ctx: 1024 },
      messages: [
        { role: 'user', content: 'see', images: ['QUJD'] },
        { role: 'assistant', content: '', tool_calls: [{ id: 'c1', function: { name: 'add', arguments: { a: 1 } } }] },
        { role: 'tool', content: '2', tool_name: 'add', tool_call_id: 'c1' },
      ],
    });
  });
});

describe('traces', () => {
  it('describe the call and its size, never its content or key', () => {
    const attributes = genAiAttributes(
      { ...anthropic, apiKey: 'sk-secret' },
      {
        model: 'm',
        messages: [{ role: 'user', content: 'private' }],
        temperature: 1,
        max_tokens: 5,
        user: 'private',
        stop: ['private'],
      },
    );
    expect(attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'm',
      'gen_ai.request.temperature': 1,
      'gen_ai.request.max_tokens': 5,
      'server.address': 'api.anthropic.com',
      'server.port': 443,
    });
    expect(
      genAiResponseAttributes({ finishReason: 'stop', usage: { prompt_tokens: 1, completion_tokens: 2 } }),
    ).toEqual({
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 1,
      'gen_ai.usage.output_tokens': 2,
    });
  });

  it('names a request for embeddings by the conventions as well', () => {
    expect(
      genAiEmbeddingAttributes({ kind: 'ollama', baseUrl: 'http://box:11434', apiKey: 'secret' }, 'minilm'),
    ).toEqual({
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.provider.name': 'ollama',
      'gen_ai.request.model': 'minilm',
      'server.address': 'box',
      'server.port': 11434,
    });
  });
});

it('reads Retry-After as seconds or as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(retryAfterSeconds('7', now)).toBe(7);
  expect(retryAfterSeconds('Thu, 01 Jan 2026 00:00:05 GMT', now)).toBe(5);
  expect(retryAfterSeconds('soon', now)).toBeUndefined();
});
