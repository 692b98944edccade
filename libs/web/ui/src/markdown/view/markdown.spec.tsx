import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Markdown } from './markdown';
import { type Fence, type MarkdownParts, MarkdownPartsContext } from './parts';

const html = (text: string): string =>
  renderToStaticMarkup(<Markdown text={text} />).replace(/^<div class="markdown">|<\/div>$/g, '');

describe('what an answer may do to the page', () => {
  it.each([
    ['[x](javascript:alert(1))', 'a'],
    ['[x](JaVaScRiPt:alert(1))', 'a'],
    ['[x](java&#10;script:alert(1))', 'a'],
    ['[x](&#106;avascript:alert(1))', 'a'],
    ['[x](vbscript:x) [y](data:text/html,<script>1</script>)', 'a'],
    ['![x](javascript:alert(1))', 'img'],
    ['![x](data:image/svg+xml,<svg onload=alert(1)>)', 'img'],
    ['![x](https://elsewhere.example/pixel.png)', 'img'],
    ['![x](//elsewhere.example/pixel.png)', 'img'],
    ['<img src=x onerror=alert(1)>', 'img'],
    ['<script>alert(1)</script>', 'script'],
    ['text <a href="javascript:alert(1)">x</a>', 'a'],
    ['<sub onclick="alert(1)">x</sub>', 'sub'],
    ['<div style="position:fixed">x</div>', 'div'],
  ])('%s makes no <%s>', (text, tag) => {
    const made = html(text);
    const found = [...made.matchAll(new RegExp(`<${tag}\\b[^>]*`, 'g'))].map(([whole]) => whole);
    expect(found.filter((element) => !/^<a href="https:/.test(element))).toEqual([]);
    expect(made).not.toMatch(/<[^>]+\s(?:on\w+|style)=/);
  });

  it('shows a picture of this server, and one of another server as a link', () => {
    expect(html('![A](/x.png)')).toContain('<img src="/x.png" alt="A"');
    expect(html('![A](https://elsewhere.example/x.png)')).toContain('href="https://elsewhere.example/x.png"');
  });
});

describe('a block of code that the page shows in its own way', () => {
  it.each([
    ['```mermaid\na\n```', 'mermaid', true],
    ['````mermaid\n```\n````\n\nafter', 'mermaid', true],
    ['- a\n\n  ~~~mermaid\n  a\n  ~~~', 'mermaid', true],
    ['```mermaid\n```', 'mermaid', true],
    ['```mermaid\na', 'mermaid', false],
    ['````mermaid\na\n```', 'mermaid', false],
    ['```mermaid', 'mermaid', false],
    ['    a\n    ```', undefined, false],
  ])('knows whether its fence is closed: %j', (text, language, isClosed) => {
    const fences: Fence[] = [];
    const fence = (given: Fence): string => (fences.push(given), 'drawn');
    const parts: MarkdownParts = { citation: (_, written) => written, words: {} as MarkdownParts['words'], fence };
    const made = renderToStaticMarkup(
      <MarkdownPartsContext value={parts}>
        <Markdown text={text} />
      </MarkdownPartsContext>,
    );
    expect(fences).toEqual([{ language, isClosed, text: expect.any(String) as string }]);
    expect(made).toContain('drawn');
  });
});

describe('the elements of an answer', () => {
  it.each([
    ['a **b** *c* ~~d~~ `e`', '<p dir="auto">a <strong>b</strong> <em>c</em> <del>d</del> <code>e</code></p>'],
    ['# A', '<h1 dir="auto">A</h1>'],
    [
      'H<sub>2</sub>O, x<sup>**2**</sup>, a<br>b',
      '<p dir="auto">H<sub>2</sub>O, x<sup><strong>2</strong></sup>, a<br/>b</p>',
    ],
    ['a </sub> <sub> b', '<p dir="auto">a &lt;/sub&gt; &lt;sub&gt; b</p>'],
    ['&copy; &amp; &#8364; &unknown; \\*', '<p dir="auto">© &amp; € &amp;unknown; *</p>'],
    ['- a\n- b', '<ul dir="ltr"><li>a</li><li>b</li></ul>'],
    ['3. a', '<ol dir="ltr" start="3"><li>a</li></ol>'],
    ['> a', '<blockquote dir="ltr"><p dir="auto">a</p></blockquote>'],
    [
      '> [!WARNING]\n> واحد',
      '<blockquote dir="rtl" class="alert" data-kind="warning"><p class="alert-name"><strong>Warning</strong></p><p dir="auto">واحد</p></blockquote>',
    ],
    [
      '> [!tip]\n>\n> - a',
      '<blockquote dir="ltr" class="alert" data-kind="tip"><p class="alert-name"><strong>Tip</strong></p><ul dir="ltr"><li>a</li></ul></blockquote>',
    ],
    ['> [!other]\n> a', '<blockquote dir="ltr"><p dir="auto">[!other]\na</p></blockquote>'],
    ['> [!NOTE] a', '<blockquote dir="ltr"><p dir="auto">[!NOTE] a</p></blockquote>'],
    ['> **1. واحد** a', '<blockquote dir="rtl"><p dir="auto"><strong>1. واحد</strong> a</p></blockquote>'],
    ['- واحد\n\n- b', '<ul dir="rtl"><li><p dir="auto">واحد</p></li><li><p dir="auto">b</p></li></ul>'],
    ['a\nb', '<p dir="auto">a\nb</p>'],
    ['---', '<hr/>'],
  ])('%j', (text, expected) => {
    expect(html(text)).toBe(expected);
  });

  it('are named for people who cannot see them', () => {
    expect(html('- [x] a\n- [ ] b')).toMatch(/aria-label="Done".*aria-label="Open"/);
    expect(html('| a |\n|---|\n| b |')).toMatch(/role="group" aria-label="Table"/);
  });

  it('keep code to the letter, in parts', () => {
    const code = Array.from({ length: 120 }, (_, at) => `const a${at} = '<b>' && \`x\`;`).join('\n');
    const made = /<code[^]*<\/code>/.exec(html(`\`\`\`ts\n${code}\n\`\`\``))?.[0] ?? '';
    expect(made.match(/<span>/g)).toHaveLength(3);
    expect(
      made
        .replace(/<[^>]+>/g, '')
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&#x27;/g, "'")
        .replace(/&amp;/g, '&'),
    ).toBe(code);
  });

  it('name the language of code, and fold what is long', () => {
    expect(html('```ts\na\n```')).toContain('<span>ts</span>');
    expect(html('```\na\n```')).toContain('<span>Code</span>');
    expect(html('```\na\n```')).not.toContain('aria-expanded');
    expect(html(`\`\`\`\n${'a\n'.repeat(41)}\`\`\``)).toContain('aria-expanded="false">Show all 41 lines<');
  });

  it('show a formula as its source until it can be drawn', () => {
    expect(html('so $x_1$')).toContain('<code class="math-source" dir="ltr">x_1</code>');
  });
});
