import type { ResolvedModel } from '@perennial/contracts-config';
import { describe, expect, it } from 'vitest';
import { historyMessages } from '../types/history-messages';
import type { ClaimedRun } from '../types/run';
import { providerCall, wholeUsage } from './provider-request';

const model = (
  continuation: ResolvedModel['connection']['continuation'] = 'continue_final_message',
): ResolvedModel => ({
  version: 1,
  connection: { kind: 'openai', baseUrl: 'http://provider/v1', sealedKey: null, continuation },
  upstreamModel: 'upstream',
  params: { temperature: 0.1, system: 'Be brief.' },
  knowledge: [],
  openToAll: true,
});

function run(change: Partial<ClaimedRun> = {}): ClaimedRun {
  return {
    id: 'run',
    kind: 'turn',
    user_id: 'user',
    principal: { kind: 'anonymous' },
    chat_id: 'chat',
    message_id: 'message',
    model: 'model',
    encoding: 'text',
    request: { params: {} },
    idempotency_key: null,
    state: 'running',
    epoch: 1,
    deaths: 0,
    cancelled: false,
    age_s: 0,
    running_s: 0,
    traceparent: null,
    attempt_traceparent: null,
    provider_end: null,
    history: [{ id: 'u', role: 'user', content: 'Hello', parts: null }],
    attached: null,
    documents: null,
    checkpoints: null,
    title: null,
    ...change,
  };
}

const ask = (taken: ClaimedRun, text = '', resolved = model()) =>
  providerCall(taken, resolved, resolved.connection, text);

describe('the provider’s request', () => {
  it('never asks for two answers if the provider would silently give one', () => {
    const ollama = { ...model(), connection: { ...model().connection, kind: 'ollama' as const } };
    const asked = (n: number) => run({ kind: 'completion', request: { n, messages: [] } });
    expect(() => ask(asked(2), '', ollama)).toThrow('Leave out n, or set it to 1.');
    expect(ask(asked(1), '', ollama).request).toMatchObject({ model: 'upstream' });
  });

  it('is the path with its system prompts and the parameters that a provider knows', () => {
    const { request } = ask(
      run({ request: { system: 'Speak Latin.', params: { temperature: 0.9, model_controls: {} } } }),
    );
    expect(request).toEqual({
      model: 'upstream',
      temperature: 0.9,
      stream_options: { include_usage: true },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'system', content: 'Speak Latin.' },
        { role: 'user', content: 'Hello' },
      ],
    });
  });

  it('is the body of a completion as it came, under the name of the provider', () => {
    const body = { messages: [{ role: 'user', content: 'x' }], model: 'ours', stream: true, logit_bias: { 1: 2 } };
    const { request } = ask(run({ kind: 'completion', request: body }));
    expect(request).toMatchObject({
      model: 'upstream',
      messages: body.messages,
      logit_bias: { 1: 2 },
      temperature: 0.1,
    });
    expect(request.stream).toBeUndefined();
  });

  it('continues plain text with fewer tokens, if the provider can', () => {
    const { request, continues } = ask(run({ request: { params: { max_tokens: 100 } } }), 'x'.repeat(40));
    expect(continues).toBe(true);
    expect(request).toMatchObject({ continueFrom: 'x'.repeat(40), max_tokens: 90 });
  });

  it.each([
    ['the provider cannot', run(), 'text', model('none')],
    ['the text is reasoning', run(), '<think>\nhm', model()],
    [
      'chunks were asked for',
      run({ kind: 'completion', encoding: 'chunks', request: { messages: [] } }),
      '[]\n',
      model(),
    ],
    ['there is no text', run(), '', model()],
  ])('starts again if %s', (_, taken, text, resolved) => {
    const { request, continues } = ask(taken, text, resolved);
    expect(continues).toBe(false);
    expect(request.continueFrom).toBeUndefined();
  });

  it('has no thoughts and no empty answers in its history', () => {
    const messages = historyMessages([
      { id: '1', role: 'user', content: 'a', parts: null },
      { id: '2', role: 'assistant', content: '<think>\nhm\n</think>\n\nb', parts: null },
      { id: '3', role: 'assistant', content: '', parts: null },
      { id: '4', role: 'user', content: 'c', parts: [{ type: 'text', text: 'c' }, { type: 'image_url' }] },
    ]);
    expect(messages).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: [{ type: 'text', text: 'c' }, { type: 'image_url' }] },
    ]);
  });

  it('sums the usage of a continued answer', () => {
    expect(wholeUsage({ prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 }, 'x'.repeat(40))).toEqual({
      prompt_tokens: 20,
      completion_tokens: 15,
      total_tokens: 35,
    });
    expect(wholeUsage(undefined, 'x')).toBeUndefined();
  });

  it('keeps the details of the usage that are counts', () => {
    const details = { cached_tokens: 7, audio_tokens: null, note: 'x' };
    expect(wholeUsage({ prompt_tokens: 20, completion_tokens: 5, prompt_tokens_details: details }, '')).toMatchObject({
      prompt_tokens_details: { cached_tokens: 7 },
    });
  });
});
