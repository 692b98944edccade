import { splitThoughts } from '@perennial/contracts-kernel';
import type { RunWriter } from '@perennial/transport';
import { describe, expect, it } from 'vitest';
import { AnswerText, type AnswerTextOptions } from './answer-text';

function answer(options: Partial<AnswerTextOptions> = {}) {
  const written = { text: 'old', restarts: 0 };
  const writer = {
    get text() {
      return written.text;
    },
    append: (text: string) => (written.text += text),
    restart: () => {
      written.text = '';
      written.restarts += 1;
    },
  } as unknown as RunWriter;
  const text = new AnswerText(writer, {
    raw: false,
    thoughts: true,
    restart: true,
    limit: 1_000,
    length: 0,
    onPiece: () => undefined,
    ...options,
  });
  return { written, text };
}

describe('the text of an answer', () => {
  it('replaces an earlier generation only when there is something to show', () => {
    const { written, text } = answer();
    expect(written.text).toBe('old');
    text.text('a');
    text.text('b');
    expect(written).toEqual({ text: 'ab', restarts: 1 });
  });

  it('has thoughts in tags, or none', () => {
    const { written, text } = answer();
    text.reasoning('h');
    text.reasoning('m');
    text.text('yes');
    expect(written.text).toBe('<think>\nhm\n</think>\n\nyes');
    const plain = answer({ thoughts: false });
    plain.text.reasoning('hm');
    plain.text.text('yes');
    expect(plain.written.text).toBe('yes');
  });

  it('keeps the text before and between thoughts', () => {
    const { written, text } = answer();
    for (const [said, thought] of [
      ['Let me see.', 'hm'],
      ['Now', 'so'],
    ] as const) {
      text.text(said);
      text.reasoning(thought);
    }
    text.text('yes');
    expect(splitThoughts(written.text)).toEqual({ thoughts: 'hm\n\nso', answer: 'Let me see.\nNow\nyes' });
  });

  it('closes an interrupted thought', () => {
    const { written, text } = answer();
    text.reasoning('hm');
    text.close();
    expect(written.text).toBe('<think>\nhm\n</think>\n\n');
  });

  it('marks text as a thought when its closing tag comes, in a completion by that tag alone', () => {
    const { written, text } = answer({ restart: false });
    written.text = '';
    text.text('hm');
    text.unopened();
    text.text('yes');
    expect(written).toEqual({ text: '<think>\nhm\n</think>\n\nyes', restarts: 1 });
    const plain = answer({ restart: false, thoughts: false });
    plain.written.text = '';
    plain.text.text('hm');
    plain.text.unopened();
    plain.text.text('yes');
    expect(plain.written).toEqual({ text: 'hm\n</think>\n\nyes', restarts: 0 });
    expect(splitThoughts(plain.written.text)).toEqual({ thoughts: 'hm', answer: 'yes' });
  });

  it('is one line of choices for each chunk if more than text was requested', () => {
    const { written, text } = answer({ raw: true });
    text.choices('[{"index":0,"delta":{"content":"a"}}]');
    text.choices('[{"index":0,"delta":{},"finish_reason":"stop"}]');
    expect(written.text).toBe(
      '[{"index":0,"delta":{"content":"a"}}]\n[{"index":0,"delta":{},"finish_reason":"stop"}]\n',
    );
  });

  it('ends at its limit, including earlier text', () => {
    const { written, text } = answer({ restart: false, limit: 10, length: 7 });
    text.text('abcdef');
    expect(written.text).toBe('oldabc');
    expect(text.full).toBe(true);
  });
});
