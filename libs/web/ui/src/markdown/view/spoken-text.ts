import type { Tokens } from 'marked';
import { lex, type MarkdownToken } from '../lex/lexer';
import { inlineText } from './plain-text';

/** The words of a text that can be read aloud, a part for each paragraph, item and row: no code, no formulas, no rules. */
export function spokenText(markdown: string): string[] {
  return lex(markdown)
    .blocks.flatMap(partsOf)
    .map((part) => part.replace(/\s+/g, ' ').trim())
    .filter((part) => /[\p{L}\p{N}]/u.test(part));
}

function partsOf(token: MarkdownToken): string[] {
  switch (token.type) {
    case 'paragraph':
    case 'heading':
    case 'text':
      return [words('tokens' in token && token.tokens ? (token.tokens as MarkdownToken[]) : [token])];
    case 'list':
      return (token as Tokens.List).items.flatMap(({ tokens }) => tokens.flatMap(partsOf));
    case 'blockquote':
      return ((token as Tokens.Blockquote).tokens ?? []).flatMap(partsOf);
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      return [header, ...rows].map((cells) => cells.map(({ tokens }) => words(tokens)).join(', '));
    }
    default:
      return [];
  }
}

/** Without what stands for something else: numbers of sources, marks of footnotes, formulas. */
function words(tokens: readonly MarkdownToken[]): string {
  return inlineText(tokens.filter(({ type }) => !['citation', 'footnote_reference', 'math'].includes(type)));
}
