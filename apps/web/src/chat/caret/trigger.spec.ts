import { describe, expect, it } from 'vitest';
import { triggerAt } from './trigger';

const at = (text: string) => {
  const caret = text.indexOf('|');
  const found = triggerAt(text.replace('|', ''), caret);
  return found && [found.sign, found.query, found.from, found.to];
};

describe('a sign before the caret', () => {
  it('is what begins a word, with what follows up to the caret', () => {
    expect(at('@|')).toEqual(['@', '', 0, 1]);
    expect(at('see #her|ons')).toEqual(['#', 'her', 4, 8]);
    expect(at('line\n@gpt-4|')).toEqual(['@', 'gpt-4', 5, 11]);
    expect(at('مرحبا #كتاب|')).toEqual(['#', 'كتاب', 6, 11]);
  });

  it('is a command only at the beginning of the text', () => {
    expect(at('/new|')).toEqual(['/', 'new', 0, 4]);
    expect(at('either /or|')).toBeUndefined();
    expect(at('\n/new|')).toBeUndefined();
  });

  it.each(['# Heading|', 'me@example.com|', 'C#|', 'a/b|', '|@', '@ |', '#one two|'])('is not in %s', (text) => {
    expect(at(text)).toBeUndefined();
  });

  it('is looked for only near the caret, however long the text is', () => {
    const long = 'x'.repeat(200_000);
    expect(triggerAt(`${long} #a`, long.length + 3)).toEqual({ sign: '#', query: 'a', from: 200_001, to: 200_003 });
    expect(triggerAt(`#${long}`, long.length + 1)).toBeUndefined();
    expect(triggerAt(`#${'y'.repeat(60)}`, 61)?.query).toHaveLength(60);
    expect(triggerAt(`x#${'y'.repeat(60)}`, 62)).toBeUndefined();
  });
});
