import { describe, expect, it } from 'vitest';
import { snippetText } from './snippet';

describe('a snippet of a search', () => {
  it('has words, and no marks of Markdown', () => {
    const text = 'se());\n```\n- one\n- [x] two\n\n> They are **patient**, says a book.';
    expect(snippetText(text, 'se')).toBe('se()); one two They are patient, says a book.');
  });

  it('begins at a word a little before what was searched', () => {
    const text = `${'Herons wait. '.repeat(9)}They are patient birds.`;
    expect(snippetText(text, 'Patient')).toBe('…Herons wait. They are patient birds.');
    expect(snippetText('patient birds, all of them', 'patient')).toBe('patient birds, all of them');
    expect(snippetText(text, 'elsewhere')).toBe(text);
    expect(snippetText(`${'x'.repeat(60)}patient`, 'patient')).toBe('…patient');
  });
});
