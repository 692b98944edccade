import { expectedText, HABIT_TEXT, HABITS, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeProviderPools, createProvider, type ModelProvider } from '../src';
import { collect, connectionTo, user } from './collect';

/** Known habits of servers that call themselves OpenAI-compatible, over real HTTP. */
let simulator: Simulator;
let provider: ModelProvider;
beforeAll(async () => {
  simulator = await startSimulator();
  provider = createProvider(connectionTo(simulator.url, 'openai'));
});
afterEach(() => simulator.reset());
afterAll(async () => {
  await closeProviderPools();
  await simulator.close();
});

const tested = new Set<string>();
const { unicode, thought, answer } = HABIT_TEXT;

/** Sends a request to the server with this habit; `text` is the answer of one without habits. */
async function ask(habit: string, parameters: Record<string, unknown> = {}, raw = false) {
  tested.add(habit);
  const model = `sim-t9-as${habit}`;
  const request = { model, messages: user('hi'), stream_options: { include_usage: true }, ...parameters };
  return { ...(await collect(provider, request, { raw })), expected: expectedText(model, 'hi', 9) };
}

const requests = () => Object.values(simulator.stats().prompts).reduce((sum, { streams }) => sum + streams, 0);

describe('an error', () => {
  it.each([
    ['bareerror', { message: 'Habitual error', code: 'UNAVAILABLE' }],
    ['objecterror', { message: 'Habitual error', code: 'INVALID_ARGUMENT' }],
    ['detail', { message: 'Habitual error', code: 'UNAVAILABLE' }],
    ['gzip429', { message: 'Habitual error', code: 'INVALID_ARGUMENT' }],
    ['fastapi', { message: 'messages.0.role: Field required; n: Input should be a valid integer', status: 422 }],
    ['html503', { message: 'The provider failed (HTTP 503)', retryAfter: 60, retryable: true }],
  ])('is recognised in %s', async (habit, expected) => {
    const { error, end, text } = await ask(habit);
    expect(error).toMatchObject(expected);
    expect([end, text]).toEqual([undefined, '']);
  });

  it('after text keeps the text', async () => {
    const { error, text, expected } = await ask('finisherror');
    expect(text).toBe(expected);
    expect(error).toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('the answer', () => {
  it.each([
    'oddlines',
    'cr',
    'crlf',
    'emptyerror',
    'nullerror',
    'jsontype',
    'plaintype',
    'document',
    'messages',
    'gzip',
    'deflate',
    'br',
    'noencoding',
    'azure',
  ])('is decoded from %s', async (habit) => {
    const { error, end, text, expected } = await ask(habit);
    expect(error).toBeUndefined();
    expect(text).toBe(expected);
    expect(end?.finishReason).toBe('stop');
  });

  it.each(['usageeach', 'usagelast', 'nullchoices'])('has its usage once (%s)', async (habit) => {
    const { end, text, expected } = await ask(habit);
    expect(text).toBe(expected);
    expect(end?.usage).toMatchObject({ total_tokens: 7 });
  });

  it.each(['unicode', 'surrogates'])('has whole characters (%s)', async (habit) => {
    expect((await ask(habit)).text).toBe(unicode);
  });

  it.each(['reasoningcontent', 'reasoning', 'reasoningboth', 'thinkstart', 'thinkunopened', 'thinkinterleaved'])(
    'is separate from its thoughts (%s)',
    async (habit) => {
      const { text, reasoning, error } = await ask(habit);
      expect(error).toBeUndefined();
      expect(text.replace('\n', '')).toBe(answer);
      expect(reasoning.trim()).toBe(habit === 'thinkinterleaved' ? `${thought}More.` : thought);
    },
  );

  it('is separate from its thoughts if they begin on another line', async () => {
    expect(await ask('thinknewline')).toMatchObject({ text: `\n\n${answer}`, reasoning: thought });
  });

  it('is separate from its thoughts in a whole reply', async () => {
    tested.add('thinktitle');
    const whole = await provider.complete({ model: 'sim-asthinktitle', messages: user('hi') });
    expect(whole).toMatchObject({ text: '{"title": "The title"}', reasoning: 'Maybe {"title": "A draft"}?' });
  });

  it('has whole tool calls, for any order of their pieces', async () => {
    const calls: { name: string; arguments: string }[] = [];
    for (const piece of (await ask('tools', {}, true)).pieces) {
      if (piece.kind !== 'choices') continue;
      const [choice] = piece.choices as { delta: { tool_calls?: ToolCall[] } }[];
      for (const { index, function: part } of choice?.delta.tool_calls ?? []) {
        const call = (calls[index] ??= { name: '', arguments: '' });
        call.name += part.name ?? '';
        call.arguments += part.arguments;
      }
    }
    expect(calls).toEqual([
      { name: 'add', arguments: '{"a":1}' },
      { name: 'mul', arguments: '{"x":2}' },
    ]);
  });
});

interface ToolCall {
  index: number;
  function: { name?: string; arguments: string };
}

describe('a refused field', () => {
  it.each([
    ['nostreamoptions', {}],
    ['nostreamoptions422', {}],
    ['maxcompletion', { max_tokens: 5 }],
    ['notemperature', { temperature: 0.2 }],
  ])('is sent once, and remembered (%s)', async (habit, parameters) => {
    const first = await ask(habit, parameters);
    expect(first.error).toBeUndefined();
    expect(first.text).toBe(first.expected);
    expect(requests()).toBe(2);
    await ask(habit, parameters);
    expect(requests()).toBe(3);
    const whole = await provider.complete({ model: `sim-t9-as${habit}`, messages: user('hi'), ...parameters });
    expect(whole.text).toBe(first.expected);
  });

  it('is sent again if leaving it out did not help', async () => {
    const parameters = { temperature: 0.2, max_tokens: 5 };
    const misled = await ask('misleading', { ...parameters, messages: user('too much') });
    expect(misled.error).toMatchObject({ message: expect.stringContaining('prompt too long') as string });
    expect((await ask('misleading', parameters)).end?.usage).toMatchObject({ total_tokens: 7 });
  });

  it('of usage leads to an estimate', async () => {
    const { end, expected } = await ask('nostreamoptions');
    const completion = Math.ceil(expected.length / 4);
    expect(end?.usage).toEqual({ prompt_tokens: 1, completion_tokens: completion, total_tokens: completion + 1 });
  });
});

describe('a burst', () => {
  it('does not block the event loop: one event of 8 MB in small pieces, and 100 000 small ones', async () => {
    let beats = 0;
    const heart = setInterval(() => (beats += 1), 1);
    try {
      expect((await ask('large')).text).toHaveLength(8 * 1024 * 1024);
      const before = beats;
      expect((await ask('many')).text).toHaveLength(100_000);
      // A megabyte of events is some turns of the loop, whatever the machine's pace.
      expect(beats - before).toBeGreaterThan(5);
    } finally {
      clearInterval(heart);
    }
  });
});

describe('a model list', () => {
  const list = (name: string) => createProvider(connectionTo(`${simulator.url}/lists/${name}`, 'openai')).listModels();

  it.each(['bare', 'models', 'names'])('is parsed as %s, also compressed', async (name) => {
    expect((await list(name)).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('may be long, and its ids too', async () => {
    expect(await list('many')).toHaveLength(6_000);
    expect((await list('odd')).map(({ id }) => id)).toEqual(['x'.repeat(300), '通义千问/плюс', 'ü 👋']);
  });
});

it('every habit is tested', () => {
  expect(Object.keys(HABITS).filter((habit) => !tested.has(habit))).toEqual([]);
});
