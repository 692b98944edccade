import { describe, expect, it } from 'vitest';
import { lex, type MarkdownToken } from './lexer';

/** A short form: the types of tokens with their text. */
function outline(tokens: readonly MarkdownToken[]): string {
  return tokens
    .filter(({ type }) => type !== 'space')
    .map((token) => {
      if (token.type === 'math' && 'display' in token)
        return `${token.display ? 'display' : 'math'}(${token.text as string})`;
      const children = 'tokens' in token && Array.isArray(token.tokens) ? (token.tokens as MarkdownToken[]) : [];
      return children.length > 0
        ? `${token.type}(${outline(children)})`
        : 'text' in token
          ? String(token.text)
          : token.raw;
    })
    .join('|');
}

const inline = (text: string): string => outline(lex(text).blocks).replace(/^paragraph\((.*)\)$/s, '$1');

describe('emphasis beside CJK', () => {
  it.each([
    ['**「重要」**の文', 'strong(「重要」)|の文'],
    ['これは**「重要」**です', 'これは|strong(「重要」)|です'],
    ['**重要(注)**の', 'strong(重要(注))|の'],
    ['这是**“重要”**的', '这是|strong(“重要”)|的'],
    ['**注意:**请看', 'strong(注意:)|请看'],
    ['**注意：**请看', 'strong(注意：)|请看'],
    ['这是**(注)重要**的', '这是|strong((注)重要)|的'],
    ['**"중요"**는', 'strong("중요")|는'],
    ['*（强调）*的', 'em(（强调）)|的'],
    ['**重要**(注)', 'strong(重要)|(注)'],
  ])('%s', (text, expected) => {
    expect(inline(text)).toBe(expected);
  });

  it('changes nothing without CJK', () => {
    expect(inline('a **b** c *d*')).toBe('a |strong(b)| c |em(d)');
    expect(inline('a**"b"**c')).toBe('a**"b"**c');
    expect(inline('**a (b)** c')).toBe('strong(a (b))| c');
    expect(inline('2 * 3 * 4')).toBe('2 * 3 * 4');
    expect(inline('snake_case_name')).toBe('snake_case_name');
    expect(inline('**a*b*c**')).toBe('strong(a|em(b)|c)');
  });
});

describe('mathematics', () => {
  it.each([
    ['so $x_1 + y_2$ is', 'so |math(x_1 + y_2)| is'],
    ['so \\(a_1 * b * c\\) is', 'so |math(a_1 * b * c)| is'],
    ['so $$x_1$$ is', 'so |display(x_1)| is'],
    ['so \\[x_1\\] is', 'so |display(x_1)| is'],
    ['$$\na_1\n+ b\n- c\n= d\n$$', 'display(a_1\n+ b\n- c\n= d)'],
    ['\\[\n# x > 1\n\\]', 'display(# x > 1)'],
    ['$a\\$b$', 'math(a\\$b)'],
  ])('%s', (text, expected) => {
    expect(inline(text)).toBe(expected);
  });

  it('begins a block also directly after text, and within a list', () => {
    expect(outline(lex('We have\n$$\n- a_1\n$$\nand more').blocks)).toBe(
      'paragraph(We have)|display(- a_1)|paragraph(and more)',
    );
    const [list] = lex('1. First:\n\n   $$\n   - a_1 * b\n   $$\n2. Second').blocks as {
      items?: { tokens: MarkdownToken[] }[];
    }[];
    expect(outline(list?.items?.[0]?.tokens ?? [])).toContain('display(- a_1 * b)');
  });

  it('leaves money and code alone', () => {
    for (const text of ['It costs $5 and $6.', '$ 5 and 6 $', 'from $5 to $10', 'a $x y $', 'US$5, CA$7'])
      expect(inline(text)).toBe(text);
    expect(inline('`$x$` and `\\(y\\)`')).toBe('$x$| and |\\(y\\)');
    expect(inline('\\$x\\$')).toBe('$|x|$');
    expect(inline('$$\n\nlater')).not.toContain('display');
  });
});

it('marks without an end, nested as deep as they may be, break nothing', () => {
  for (const mark of ['$', '$$', '\\(', '\\[', '[1', '[^', '**', '|', '> ', '`', '「**']) {
    const text = mark.repeat(2_000);
    expect(lex(text).blocks.reduce((raw, token) => raw + token.raw, '')).toBe(text);
  }
});
