import { describe, expect, it } from 'vitest';
import { MarkdownDocument } from './document';
import type { MarkdownToken } from './lexer';

/** What is shown after each letter of a text. */
function shownByLetter(text: string): MarkdownToken[][] {
  const document = new MarkdownDocument();
  return [...text].map((letter) => {
    document.append(letter);
    document.update();
    return document.shown().flat();
  });
}

const types = (blocks: readonly MarkdownToken[]): string[] =>
  blocks.map(({ type }) => type).filter((type) => type !== 'space');

describe('what is shown of a block that grows', () => {
  it('is a table from its first bar on, with as many columns as its head has', () => {
    const text = '| Name | Age |\n|------|-----|\n| Ada | 36 |\n| Grace | 85 |';
    const states = shownByLetter(text);
    expect(states.slice('| '.length).map((blocks) => types(blocks).join())).toEqual(
      Array(text.length - 2).fill('table'),
    );
    const columns = (blocks: MarkdownToken[]) => (blocks[0] as { header?: unknown[] }).header?.length;
    expect(states.slice('| Name | Age |'.length).every((blocks) => columns(blocks) === 2)).toBe(true);
  });

  it('is a table after a paragraph too', () => {
    const states = shownByLetter('Look:\n\n| a | b |\n|:-:|--:|\n| 1 | 2 |');
    const shown = states.slice('Look:\n\n| '.length).map((blocks) => types(blocks).join());
    expect(shown).toEqual(Array(shown.length).fill('paragraph,table'));
  });

  it('has its emphasis, links and code closed', () => {
    const last = (text: string) => JSON.stringify(shownByLetter(text).at(-1));
    expect(last('some **bold te')).toContain('"type":"strong"');
    expect(last('some `code te')).toContain('"type":"codespan"');
    expect(last('see [the page](https://exam')).not.toContain('https://exam');
    expect(last('- one\n- two **bold')).toContain('"type":"strong"');
  });

  it('is no heading when a list begins below a line of text', () => {
    for (const blocks of shownByLetter('My list\n- one\n- two')) expect(types(blocks)).not.toContain('heading');
  });

  it('shows a formula as its source until it ends', () => {
    const states = shownByLetter('So \\(a_1 * b * c\\) is');
    for (const blocks of states.slice(0, 'So \\(a_1 * b * c\\'.length))
      expect(JSON.stringify(blocks)).not.toContain('"em"');
    expect(JSON.stringify(states.at(-1))).toContain('"type":"math"');
    for (const blocks of shownByLetter('$$\na_1 * b * c\n- d\n$$').slice(3)) expect(types(blocks)).toEqual(['math']);
  });
});
