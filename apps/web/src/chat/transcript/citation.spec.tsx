import { Markdown, MarkdownPartsContext } from '@perennial/web-ui/markdown';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { CitationsContext, markdownParts } from './citation';
import type { CitedDocument } from './citations';

const documents: CitedDocument[] = [
  { number: 1, name: 'handbook.pdf', fileId: 'a', passages: [] },
  { number: 2, name: 'notes.md', fileId: 'b', passages: [] },
];

function rendered(text: string): string {
  return renderToStaticMarkup(
    <MarkdownPartsContext value={markdownParts()}>
      <CitationsContext value={{ documents, open: () => undefined }}>
        <Markdown text={text} />
      </CitationsContext>
    </MarkdownPartsContext>,
  );
}

const cited = (html: string) => [...html.matchAll(/aria-label="(Source [^"]*)"/g)].map(([, label]) => label);

describe('citations in an answer', () => {
  it('become buttons that name their document, wherever text is', () => {
    const html = rendered('It is blue [1]. **Bold [2]**\n\n- in a list[1]\n\n| a | b |\n|---|---|\n| cell [2] | |\n');
    expect(cited(html)).toEqual([
      'Source 1: handbook.pdf',
      'Source 2: notes.md',
      'Source 1: handbook.pdf',
      'Source 2: notes.md',
    ]);
    expect(html).not.toContain('[1]');
  });

  it('may come several at once', () => {
    expect(cited(rendered('Both say so [1][2], as [2, 1] do.'))).toHaveLength(4);
  });

  it('leave code, links and footnotes as they are', () => {
    const html = rendered(
      'Call `list[1]` or\n\n```js\nconst a = list[1];\n```\n\n[1](https://example.com/a) and [see [1] there](https://example.com/b), ![1](/x.png)',
    );
    expect(cited(html)).toEqual([]);
    expect(html).toContain('<code>list[1]</code>');
    expect(html).toContain('const a = list[1];');
    expect(html).toContain('href="https://example.com/a"');
    expect(html).toContain('see [1] there');
    expect(rendered('A fact.[^1]\n\n[^1]: [1]')).not.toContain('Source 1');
  });

  it('stay text if no document has that number', () => {
    const html = rendered('So it is [3], and [1, 7], and [0].');
    expect(cited(html)).toEqual([]);
    expect(html).toContain('So it is [3], and [1, 7], and [0].');
  });

  it('stay text if a link has that name', () => {
    const html = rendered('Look at [1].\n\n[1]: https://example.com/c');
    expect(cited(html)).toEqual([]);
    expect(html).toContain('href="https://example.com/c"');
  });
});
