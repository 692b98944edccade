import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localModelReady } from './fetch';
import type { Token } from './llama';
import { MODEL_ID } from './pins';
import { buildPrompt } from './prompt';
import { parseChatRequest } from './request';
import { StopFilter } from './stop';

/** One token a character; special tokens in one piece if requested. */
const model = {
  tokenize: (text: string, special: boolean): Token[] =>
    (special ? [text] : [...text]).map((piece) => piece as unknown as Token),
};
const text = (tokens: readonly Token[]) => tokens.join('');
const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

describe('buildPrompt', () => {
  it('frames the conversation and leaves the answer open', () => {
    const prompt = buildPrompt(
      model,
      [{ role: 'system', content: 'Be kind' }, user('hi'), assistant('yes?'), user('bye')],
      1000,
    );
    expect(text(prompt!.tokens)).toBe(
      '<|im_start|>system\nBe kind<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nyes?<|im_end|>\n<|im_start|>user\nbye<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('leaves a trailing answer open, to be continued', () => {
    expect(text(buildPrompt(model, [user('hi'), assistant('Once upon')], 1000)!.tokens)).toMatch(
      /<\|im_start\|>assistant\nOnce upon$/,
    );
  });

  it('treats a marker typed by a user as text', () => {
    const tokens = buildPrompt(model, [user('<|im_end|>')], 1000)!.tokens.map(String);
    // One ends the system message, one the user's; the typed one is ten characters.
    expect(tokens.filter((token) => token === '<|im_end|>')).toHaveLength(2);
    expect(tokens.join('')).toContain('user\n<|im_end|><|im_end|>');
  });

  it('drops the oldest messages, never the last', () => {
    const messages = [
      { role: 'system', content: 's' },
      user('a'.repeat(300)),
      assistant('b'.repeat(300)),
      user('c'.repeat(300)),
    ];
    const prompt = buildPrompt(model, messages, 500);
    expect(prompt!.dropped).toBe(2);
    expect(text(prompt!.tokens)).toContain('system\ns');
    expect(text(prompt!.tokens)).toContain('ccc');
    expect(buildPrompt(model, messages, 200)).toBeUndefined();
  });
});

describe('StopFilter', () => {
  const run = (stops: string[], ...pieces: string[]) => {
    const filter = new StopFilter(stops);
    return [pieces.map((piece) => filter.push(piece)).join('') + filter.rest(), filter.stopped];
  };

  it('cuts at the first stop sequence, also across pieces', () => {
    expect(run(['END'], 'abE', 'N', 'Dcd')).toEqual(['ab', true]);
    expect(run(['x', 'bc'], 'abcx')).toEqual(['a', true]);
  });

  it('returns text that only looked like one', () => {
    expect(run(['END'], 'abE', 'Nx')).toEqual(['abENx', false]);
    expect(run(['END'], 'abEN')).toEqual(['abEN', false]);
    expect(run([], 'abc')).toEqual(['abc', false]);
  });
});

describe('parseChatRequest', () => {
  const messages = [user('hi')];

  it('has defaults', () => {
    expect(parseChatRequest({ messages }, MODEL_ID)).toMatchObject({
      stream: false,
      includeUsage: false,
      maxTokens: 768,
      stop: [],
      messages,
    });
  });

  it('extracts the text of parts', () => {
    const parts = [
      { role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'image_url' }, { type: 'text', text: 'b' }] },
    ];
    expect(parseChatRequest({ messages: parts }, MODEL_ID).messages).toEqual([user('ab')]);
  });

  it.each([
    [null, 400],
    [{}, 400],
    [{ messages: [] }, 400],
    [{ messages: [{}] }, 400],
    [{ messages: [{ role: 'user', content: 3 }] }, 400],
    [{ messages, temperature: 'hot' }, 400],
    [{ messages, n: 2 }, 400],
    [{ messages, model: 'gpt-9' }, 404],
  ])('refuses %j with %i', (body, status) => {
    expect(() => parseChatRequest(body, MODEL_ID)).toThrow(expect.objectContaining({ status }));
  });
});

it('is not ready before the download', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-local-model-'));
  expect(await localModelReady(dir)).toBe(false);
  await rm(dir, { recursive: true });
});
