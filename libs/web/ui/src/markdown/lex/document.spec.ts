import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkdownDocument } from './document';
import { lex, type MarkdownToken } from './lexer';

/** Pieces that meet each other in unfortunate ways when they are put together at random. */
const PIECES = [
  'Some words',
  ' and **bold',
  '** text',
  '\n',
  '\n\n',
  '\r\n',
  '\r',
  '- item',
  '  - nested',
  '1. one',
  '   more of it',
  '# Heading',
  '===',
  '---',
  '```ts\n',
  '```',
  '    indented',
  '| a | b |\n|---|---|\n',
  '| 1 | 2 |\n',
  '|',
  '> quoted',
  '$$',
  '\\[x\\]',
  '$x_1$ costs $5',
  '[1]',
  '[name]',
  '[name]: https://example.com',
  '[^1]',
  '[^1]: a note',
  '<br>',
  '<div>',
  '<!-- ',
  '-->',
  '`code',
  '`',
  '「強調」',
  'مرحبا',
  '😀',
];
const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join(''));
const cuts = fc.array(fc.nat(400), { maxLength: 30 });

function blocksOf(document: MarkdownDocument): MarkdownToken[] {
  return document.shown().flat();
}

function inPieces(whole: string, at: readonly number[]): string[] {
  const places = [0, ...at.filter((place) => place < whole.length).sort((one, other) => one - other), whole.length];
  return places.slice(1).map((end, index) => whole.slice(places[index], end));
}

function streamed(pieces: readonly string[]): MarkdownDocument {
  const document = new MarkdownDocument();
  for (const piece of pieces) {
    document.append(piece);
    document.update();
  }
  document.end();
  return document;
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a document that grows', () => {
  it('ends as the lexing of the whole text, however it was cut', () => {
    fc.assert(
      fc.property(text, cuts, (whole, at) => {
        const document = streamed(inPieces(whole, at));
        expect(plain(blocksOf(document))).toEqual(plain(lex(whole).blocks));
      }),
      { numRuns: 400 },
    );
  });

  it('ends the same when it comes letter by letter', () => {
    fc.assert(
      fc.property(text, (whole) => {
        expect(plain(blocksOf(streamed([...whole])))).toEqual(plain(lex(whole).blocks));
      }),
      { numRuns: 60 },
    );
  });

  it('ends the same after its text was replaced', () => {
    fc.assert(
      fc.property(text, text, cuts, (first, second, at) => {
        const document = new MarkdownDocument();
        document.append(first);
        document.update();
        document.replace('');
        for (const piece of inPieces(second, at)) {
          document.append(piece);
          document.update();
        }
        document.end();
        expect(plain(blocksOf(document))).toEqual(plain(lex(second).blocks));
      }),
      { numRuns: 100 },
    );
  });

  it('keeps the objects of blocks that are final, and those of rows and items that have come', () => {
    const document = new MarkdownDocument();
    const show = (piece: string): MarkdownToken[] => {
      document.append(piece);
      document.update();
      return blocksOf(document);
    };
    const first = show('# One\n\nTwo **three**\n\n- a\n- b\n- c');
    const next = show(' more\n- d');
    expect(next.slice(0, 3).every((token, at) => token === first[at])).toBe(true);
    const list = (blocks: MarkdownToken[]) => blocks.find(({ type }) => type === 'list') as { items?: unknown[] };
    expect(list(next).items?.[0]).toBe(list(first).items?.[0]);
    const table = show('\n\nText\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4');
    const grown = show(' |\n| 5 | 6');
    const rows = (blocks: MarkdownToken[]) => (blocks.at(-1) as { rows?: unknown[] }).rows;
    expect(rows(grown)?.length).toBe(3);
    expect(rows(grown)?.slice(0, 2)).toEqual(rows(table)?.slice(0, 2));
    expect(rows(grown)?.[0]).toBe(rows(table)?.[0]);
    document.end();
    expect(
      blocksOf(document)
        .slice(0, 3)
        .every((token, at) => token === first[at]),
    ).toBe(true);
  });

  it('keeps the groups that are full, so that a flush costs the same at any length', () => {
    const document = new MarkdownDocument();
    for (let at = 0; at < 200; at++) {
      document.append(`Paragraph ${at}\n\n`);
      document.update();
    }
    const before = document.shown();
    document.append('The end');
    document.update();
    const after = document.shown();
    expect(after.length).toBeGreaterThan(10);
    expect(after.slice(0, -1)).toEqual(before.slice(0, after.length - 1));
    expect(after.slice(0, -2).every((group, at) => group === before[at])).toBe(true);
  });

  it('finds the links of names that are defined at its end', () => {
    const document = streamed(['See [the ', 'page].\n\nA\n\nB\n\nC\n\n', '[the page]: https://example.com/a']);
    expect(JSON.stringify(blocksOf(document)[0])).toContain('https://example.com/a');
  });
});
