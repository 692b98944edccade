import type { RunTerminal } from '@perennial/transport';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EventStream } from '../../http/event-stream';
import { CompletionStream } from './completion-stream';
import { mergeChunks } from './merge-chunks';

/** Keeps all writes; is never slow. */
class Written {
  text = '';
  isOver = false;
  write(text: string): boolean {
    this.text += text;
    return true;
  }
  end(): void {
    this.isOver = true;
  }
  get frames(): unknown[] {
    const data = this.text.split('\n\n').filter((frame) => frame !== '');
    return data.map((frame) =>
      frame === 'data: [DONE]' ? 'DONE' : (JSON.parse(frame.slice('data: '.length)) as unknown),
    );
  }
}

const at = { epoch: 1, generation: 1 };
const terminal: RunTerminal = { state: 'completed', generation: 1, length: 5, finishReason: 'stop' };
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };

describe('a completion as an OpenAI stream', () => {
  let written: Written;
  const start = (encoding: 'text' | 'chunks' = 'text', includeUsage = false) =>
    new CompletionStream(written as unknown as EventStream, encoding, { runId: 'r', model: 'a "model"', includeUsage });
  beforeEach(() => {
    written = new Written();
  });

  it('role, text, finish, usage, done', () => {
    const stream = start('text', true);
    stream.write({ kind: 'delta', ...at, offset: 0, text: 'Hi "' });
    stream.write({ kind: 'delta', ...at, offset: 4, text: '\u2028' });
    stream.write({ kind: 'end', epoch: 1, terminal: { ...terminal, usage }, text: 'Hi "\u2028' });
    const head = { id: 'chatcmpl-r', object: 'chat.completion.chunk', created: expect.any(Number), model: 'a "model"' };
    const choice = (delta: object, finish_reason: string | null = null) => [{ index: 0, delta, finish_reason }];
    expect(written.frames).toEqual([
      { ...head, choices: choice({ role: 'assistant', content: '' }), usage: null },
      { ...head, choices: choice({ content: 'Hi "' }), usage: null },
      { ...head, choices: choice({ content: '\u2028' }), usage: null },
      { ...head, choices: choice({}, 'stop'), usage: null },
      { ...head, choices: [], usage },
      'DONE',
    ]);
    expect(written.isOver).toBe(true);
  });

  it('the end carries the provider’s fingerprint, and usage with its details', () => {
    const details = { ...usage, prompt_tokens_details: { cached_tokens: 1 } };
    start('text', true).write({
      kind: 'end',
      epoch: 1,
      terminal: { ...terminal, usage: details, systemFingerprint: 'fp_1' },
      text: 'Hello',
    });
    expect(written.frames.slice(-3)).toMatchObject([
      { system_fingerprint: 'fp_1', choices: [{ finish_reason: 'stop' }] },
      { system_fingerprint: 'fp_1', choices: [], usage: details },
      'DONE',
    ]);
  });

  it('an empty answer has its role and its end', () => {
    start().write({ kind: 'end', epoch: 1, terminal: { ...terminal, length: 0 }, text: '' });
    expect(written.frames).toHaveLength(3);
    expect(written.frames[0]).not.toHaveProperty('usage');
  });

  it('a text that starts again ends with an error and no [DONE]', () => {
    const stream = start();
    stream.write({ kind: 'delta', ...at, offset: 0, text: 'Hello' });
    stream.write({ kind: 'reset', epoch: 2, generation: 2, text: '' });
    expect(written.frames.at(-1)).toMatchObject({ error: { code: 'CANCELLED' } });
    expect(written.text).not.toContain('[DONE]');
    expect(written.isOver).toBe(true);
  });

  it('a restart before anything was sent, or one that continues the text, is invisible', () => {
    const stream = start();
    stream.write({ kind: 'reset', epoch: 1, generation: 2, text: 'Hel' });
    stream.write({ kind: 'reset', epoch: 2, generation: 2, text: 'Hello' });
    stream.write({ kind: 'end', epoch: 2, terminal, text: 'Hello' });
    expect(written.text.match(/"content":"(Hel|lo)"/g)).toHaveLength(2);
    expect(written.text).toContain('[DONE]');
  });

  it('a failure after the first text is an error with the provider’s message and no [DONE]', () => {
    const stream = start();
    stream.write({ kind: 'delta', ...at, offset: 0, text: 'Hel' });
    const error = { code: 'RATE_LIMITED', message: 'The provider is out of quota.' };
    stream.write({ kind: 'end', epoch: 1, terminal: { ...terminal, state: 'failed', error }, text: 'Hel' });
    expect(written.frames.at(-1)).toEqual({
      error: { message: 'The provider is out of quota.', type: 'rate_limit_error', code: 'RATE_LIMITED', param: null },
    });
  });

  it('a failure sends the text before it, also to a slow reader', () => {
    const stream = start();
    stream.write({ kind: 'delta', ...at, offset: 0, text: 'Hel' });
    const error = { code: 'RATE_LIMITED', message: 'No more for now.' };
    stream.write({ kind: 'end', epoch: 1, terminal: { ...terminal, state: 'failed', error }, text: 'Hello' });
    expect(written.frames.slice(-2)).toMatchObject([
      { choices: [{ delta: { content: 'lo' } }] },
      { error: { message: 'No more for now.' } },
    ]);
  });

  it('chunks are framed line by line, however they are cut', () => {
    const lines = '[{"index":0,"delta":{"tool_calls":[]}}]\n[{"index":0,"delta":{},"finish_reason":"tool_calls"}]\n';
    const stream = start('chunks');
    for (let offset = 0; offset < lines.length; offset += 7) {
      stream.write({ kind: 'delta', ...at, offset, text: lines.slice(offset, offset + 7) });
    }
    stream.write({ kind: 'end', epoch: 1, terminal: { ...terminal, finishReason: 'tool_calls' }, text: lines });
    expect(written.frames).toMatchObject([
      { choices: [{ delta: { tool_calls: [] } }] },
      { choices: [{ finish_reason: 'tool_calls' }] },
      'DONE',
    ]);
  });

  it('chunks make one whole message', () => {
    const call = (index: number, part: object) => ({ index: 0, delta: { tool_calls: [{ index, ...part }] } });
    const lines = [
      [{ index: 1, delta: { role: 'assistant', content: 'B' } }],
      [call(0, { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a"' } })],
      [call(0, { function: { arguments: ':1}' } })],
      [{ index: 0, delta: {}, finish_reason: 'tool_calls' }],
      [{ index: 1, delta: { content: 'b' }, finish_reason: 'length' }],
    ];
    const called = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }];
    expect(mergeChunks(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: null, tool_calls: called },
        finish_reason: 'tool_calls',
        logprobs: null,
      },
      { index: 1, message: { role: 'assistant', content: 'Bb' }, finish_reason: 'length', logprobs: null },
    ]);
  });
});
