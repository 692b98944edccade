import { describe, expect, it } from 'vitest';
import { snippetParts } from './snippet';

/** A snippet with a word that was searched wherever it has it, as it is shown: with the word in brackets. */
function shown(snippet: string, word: string): string {
  const ranges = [...snippet.matchAll(new RegExp(word, 'gi'))].map(({ index }) => ({
    from: index,
    to: index + word.length,
  }));
  return snippetParts(snippet, ranges)
    .map(({ text, isMatch }) => (isMatch ? `[${text}]` : text))
    .join('');
}

describe('a snippet of a search', () => {
  it('has words, and no marks of Markdown', () => {
    const text = 'se());\n```\n- one\n- [x] two\n\n> They are **patient**, says a book.';
    expect(shown(text, 'they')).toBe('…one two [They] are patient, says a book.');
    expect(shown(text, 'patient')).toBe('…two They are [patient], says a book.');
    expect(shown('# **One**\n\n# one', 'one')).toBe('[One] [one]');
    expect(shown('in `a`*b*', 'b')).toBe('in a[b]');
  });

  it('begins at a word a little before what was searched', () => {
    const text = `${'Herons wait. '.repeat(9)}They are patient birds.`;
    expect(shown(text, 'Patient')).toBe('…Herons wait. They are [patient] birds.');
    expect(shown('patient birds, all of them', 'patient')).toBe('[patient] birds, all of them');
    expect(shown(text, 'elsewhere')).toBe(text);
    expect(shown(`${'x'.repeat(60)}patient`, 'patient')).toBe('…[patient]');
  });

  it('marks each of several words, and takes ranges that do not fit as far as they do', () => {
    expect(shown('Herons and herons', 'heron')).toBe('[Heron]s and [heron]s');
    const ranges = [
      { from: 2, to: 4 },
      { from: 3, to: 99 },
      { from: 100, to: 200 },
    ];
    expect(snippetParts('abcdef', ranges)).toEqual([
      { text: 'ab', isMatch: false },
      { text: 'cd', isMatch: true },
      { text: 'ef', isMatch: true },
    ]);
    expect(snippetParts('')).toEqual([]);
  });
});
