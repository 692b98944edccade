import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Markdown } from './markdown';
import { plainText } from './plain-text';

describe('the plain text of Markdown', () => {
  it('has the words without their marks, and a line for each block', () => {
    const text =
      '# A *title*\n\nSome **bold** words, `a < b` and [a link](https://example.com).\n\n- one\n- [x] two\n\n> said\n\n---\n\n| a | b |\n|---|---|\n| 1 | **2** |';
    expect(plainText(text).split('\n')).toEqual([
      'A title',
      'Some bold words, a < b and a link.',
      'one',
      'two',
      'said',
      'a b',
      '1 2',
    ]);
  });

  it('has code, formulas, footnotes and breaks as they are read', () => {
    expect(plainText('```ts\nconst a = 1;\nlet b;\n```')).toBe('const a = 1;\nlet b;');
    expect(plainText('$$\n\\frac{a}{b}\n$$')).toBe('\\frac{a}{b}');
    expect(plainText('H<sub>2</sub>O<br>is &amp; stays \\*wet\\*.')).toBe('H2O\nis & stays *wet*.');
    expect(plainText('So.[^1]\n\n[^1]: Because.')).toBe('So.1\n1 Because.');
    expect(plainText('<script>alert(1)</script>')).toBe('<script>alert(1)</script>');
    expect(plainText('')).toBe('');
  });

  it('is found in what is shown of the same text', () => {
    const text = 'Herons & **grey** ones[1]; they cost \\$5 &lt;each&gt;. ~~No~~ *yes*';
    const shown = renderToStaticMarkup(<Markdown text={text} />).replace(/<[^>]*>/g, '');
    const escaped = plainText(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
    expect(shown).toContain(escaped.slice(0, 12));
    expect(shown.replace(/\s+/g, ' ')).toBe(escaped);
  });
});
