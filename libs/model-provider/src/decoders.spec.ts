import { describe, expect, it } from 'vitest';
import { OllamaDecoder } from './ollama-decoder';
import { OpenAiDecoder } from './openai-decoder';
import type { EventSink } from './decoder';

class Recorder implements EventSink {
  readonly seen: unknown[] = [];
  text = (text: string) => void this.seen.push(['text', text]);
  reasoning = (text: string) => void this.seen.push(['reasoning', text]);
  chunk = (chunk: unknown) => void this.seen.push(['chunk', chunk]);
  finishReason = (reason: string) => void this.seen.push(['finish', reason]);
  usage = (usage: unknown) => void this.seen.push(['usage', usage]);
  done = () => void this.seen.push(['done']);
}

const sse = (...documents: unknown[]) => documents.map((document) => `data: ${JSON.stringify(document)}\n\n`).join('');
const delta = (content: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta: content, finish_reason: finish }],
});

describe('OpenAiDecoder', () => {
  it('reads the same however the bytes are cut', () => {
    const body = `: keep-alive\r\n\r\n${sse(delta({ content: 'Grüße 👋' }), delta({ reasoning_content: 'hm' }), delta({ content: '' }))}${sse(
      delta({}, 'stop'),
      { choices: [], usage: { completion_tokens: 2 } },
    )}data: [DONE]\n\n`;
    const expected = [
      ['text', 'Grüße 👋'],
      ['reasoning', 'hm'],
      ['finish', 'stop'],
      ['usage', { completion_tokens: 2 }],
      ['done'],
    ];
    for (let size = 1; size < body.length; size += 7) {
      const sink = new Recorder();
      const decoder = new OpenAiDecoder(sink, false);
      for (let at = 0; at < body.length; at += size) decoder.feed(body.slice(at, at + size));
      expect(sink.seen).toEqual(expected);
    }
  });

  it('takes content in parts, and other spellings of reasoning', () => {
    const sink = new Recorder();
    new OpenAiDecoder(sink, false).feed(
      sse(
        delta({ reasoning: 'so' }),
        delta({
          content: [
            { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
            { type: 'text', text: 'yes' },
          ],
        }),
      ),
    );
    expect(sink.seen).toEqual([
      ['reasoning', 'so'],
      ['reasoning', 'hm'],
      ['text', 'yes'],
    ]);
  });

  it('ends at [DONE]: nothing after it counts', () => {
    const sink = new Recorder();
    new OpenAiDecoder(sink, false).feed(`data: [DONE]\n\n${sse(delta({ content: 'late' }))}`);
    expect(sink.seen).toEqual([['done']]);
  });

  it('reads a last event without its empty line, and forgives half a line at the end', () => {
    const sink = new Recorder();
    const whole = new OpenAiDecoder(sink, false);
    whole.feed(sse(delta({ content: 'a' }, 'stop')).trimEnd());
    whole.finish();
    const half = new OpenAiDecoder(sink, false);
    half.feed('data: {"choices":[{"del');
    half.finish();
    expect(sink.seen).toEqual([
      ['text', 'a'],
      ['finish', 'stop'],
    ]);
  });

  it('bounds what a provider can make it hold', () => {
    const decoder = new OpenAiDecoder(new Recorder(), false);
    const block = 'x'.repeat(1024 * 1024);
    expect(() => {
      for (let count = 0; count < 10; count++) decoder.feed(block);
    }).toThrow('more than 8 MB');
  });

  it.each(['null', '3', '"text"', '{'])('refuses a chunk that is no object: %s', (data) => {
    expect(() => new OpenAiDecoder(new Recorder(), false).feed(`data: ${data}\n\n`)).toThrow('malformed chunk');
  });
});

describe('OllamaDecoder', () => {
  const line = (document: unknown) => `${JSON.stringify(document)}\n`;

  it('translates tool calls into chunks of OpenAI', () => {
    const sink = new Recorder();
    const decoder = new OllamaDecoder(sink, true);
    decoder.feed(
      line({
        model: 'm',
        message: { role: 'assistant', tool_calls: [{ function: { name: 'add', arguments: { a: 1 } } }] },
      }),
    );
    decoder.feed(
      line({
        model: 'm',
        message: { content: '' },
        done: true,
        done_reason: 'stop',
        prompt_eval_count: 3,
        eval_count: 4,
      }),
    );
    expect(sink.seen).toMatchObject([
      [
        'chunk',
        {
          choices: [
            {
              delta: { tool_calls: [{ index: 0, type: 'function', function: { name: 'add', arguments: '{"a":1}' } }] },
            },
          ],
        },
      ],
      ['chunk', { choices: [{ finish_reason: 'tool_calls' }], usage: { total_tokens: 7 } }],
      ['usage', { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }],
      ['finish', 'tool_calls'],
      ['done'],
    ]);
  });

  it('reads the same however the lines are cut, also without a last line break', () => {
    const body =
      line({ message: { thinking: 'hm' } }) + line({ message: { content: 'ja' } }) + line({ done: true }).trimEnd();
    for (let size = 1; size < body.length; size += 5) {
      const sink = new Recorder();
      const decoder = new OllamaDecoder(sink, false);
      for (let at = 0; at < body.length; at += size) decoder.feed(body.slice(at, at + size));
      decoder.finish();
      expect(sink.seen).toEqual([['reasoning', 'hm'], ['text', 'ja'], ['finish', 'stop'], ['done']]);
    }
  });
});
