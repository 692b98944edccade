import { models } from '@perennial/contracts-config';
import { type Model, PickerModelSchema } from '@perennial/contracts-wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';
import { toPickerModel } from './picker-model';

const model = (more: Record<string, unknown> = {}): Model => ({
  ...{ id: 'm', name: 'M', object: 'model', created: 1, owned_by: 'openai', connection_type: 'external' },
  ...{ tags: [{ name: 'Code' }], actions: [], filters: [] },
  ...more,
});

describe('a model of the picker', () => {
  it('has what choosing needs, and no picture', () => {
    const meta = {
      ...{ description: 'For code', profile_image_url: `data:image/png;base64,${'A'.repeat(10_000)}` },
      ...{
        capabilities: { vision: true, strange: 'yes' },
        suggestion_prompts: [{ content: 'Try', title: ['a'] }, null],
      },
    };
    const row = toPickerModel(model({ context_length: 8_192, pricing: {}, info: { meta, params: {} } }));
    expect(row).toEqual({
      ...{ id: 'm', name: 'M', owned_by: 'openai', connection_type: 'external', context_length: 8_192 },
      tags: [{ name: 'Code' }],
      info: {
        meta: { description: 'For code', capabilities: { vision: true }, suggestion_prompts: [{ content: 'Try' }] },
      },
    });
    expect(PickerModelSchema.parse(row)).toEqual(row);
  });

  it.each<[string, Record<string, unknown>, number | undefined]>([
    ['OpenRouter', { context_length: 1, top_provider: { context_length: 2 } }, 1],
    ['vLLM', { max_model_len: 3 }, 3],
    ['Groq', { context_window: 4 }, 4],
    ['llama.cpp', { meta: { n_ctx_train: 5 } }, 5],
    ['an administrator', { context_length: 1, info: { params: { num_ctx: 6 } } }, 6],
    ['an administrator’s note', { context_length: 1, info: { meta: { context_length: 7 } } }, 7],
    ['nobody', {}, undefined],
    [
      'nonsense',
      { context_length: '8k', max_model_len: -1, context_window: 1.5, info: { meta: [], params: 7 } },
      undefined,
    ],
  ])('knows the context from %s', (_, more, context) => {
    const row = toPickerModel(model(more));
    expect(row.context_length).toBe(context);
    expect(PickerModelSchema.safeParse(row).error).toBeUndefined();
  });
});

describe('the list of models', () => {
  let edge: Edge;
  let headers: { authorization: string };
  let data: Model[];
  beforeAll(async () => {
    edge = await startEdge();
    ({ headers } = edge.account('user'));
    // As OpenRouter describes its models.
    const long = {
      description: 'Words about it. '.repeat(20),
      architecture: { modality: 'text' },
      pricing: { prompt: '1' },
    };
    data = Array.from({ length: 1_000 }, (_, at) =>
      model({ id: `m-${at}`, context_length: 8_192, ...long, openai: { id: `m-${at}`, ...long } }),
    );
    edge.rpc.on(models.list, () => ({ version: 1, data }));
  });
  afterAll(() => edge.close());
  const list = (url: string, more = {}) => edge.app.inject({ method: 'GET', url, headers: { ...headers, ...more } });

  it('is a tenth as large for the picker, and nothing to who has it', async () => {
    const whole = await list('/api/models');
    const slim = await list('/api/models?view=picker');
    expect(whole.json<{ data: unknown[] }>().data).toHaveLength(1_000);
    expect(slim.json<{ data: unknown[] }>().data[7]).toEqual({
      ...{ id: 'm-7', name: 'M', owned_by: 'openai', connection_type: 'external', context_length: 8_192 },
      tags: [{ name: 'Code' }],
    });
    expect([whole.headers.etag, whole.body.length / slim.body.length > 5]).toEqual([undefined, true]);
    const etag = String(slim.headers.etag);
    expect(slim.headers['cache-control']).toBe('private, no-cache');
    const same = await list('/api/models?view=picker', { 'if-none-match': etag });
    expect([same.statusCode, same.body]).toEqual([304, '']);
    data = data.slice(1);
    const changed = await list('/api/models?view=picker', { 'if-none-match': etag });
    expect([changed.statusCode, changed.headers.etag === etag]).toEqual([200, false]);
  });

  it('is the whole one for OpenAI’s clients, whatever view they ask for', async () => {
    expect((await list('/v1/models?view=nothing')).json()).toMatchObject({ object: 'list' });
    expect((await edge.app.inject({ method: 'GET', url: '/api/models?view=picker' })).statusCode).toBe(401);
    const { headers: pending } = edge.account('pending');
    expect(
      (await edge.app.inject({ method: 'GET', url: '/api/models?view=picker', headers: pending })).statusCode,
    ).toBe(403);
  });
});
