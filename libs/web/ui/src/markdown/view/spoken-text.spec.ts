import { describe, expect, it } from 'vitest';
import { spokenText } from './spoken-text';

describe('what is read aloud of a text', () => {
  it('is its words, part by part, without marks, code and formulas', () => {
    const text = [
      '## In **winter**',
      'They [stay](https://example.com), says `Brehm` &amp; Co.\nMost do.',
      '```ts\nconst secret = 1;\n```',
      '- one\n  - *two*\n- [x] three',
      '> Be patient.',
      '| place | birds |\n|---|---|\n| Rhine | 120 |',
      '$$\nx^2\n$$',
      '---',
    ].join('\n\n');
    expect(spokenText(text)).toEqual([
      ...['In winter', 'They stay, says Brehm & Co. Most do.', 'one', 'two', 'three', 'Be patient.'],
      ...['place, birds', 'Rhine, 120'],
    ]);
  });

  it('is nothing where there are no words', () => {
    expect(spokenText('```\ncode only\n```\n\n---\n\n…')).toEqual([]);
    expect(spokenText('')).toEqual([]);
  });
});
