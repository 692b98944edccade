import type { Tokens } from 'marked';
import type { FootnoteReferenceToken, FootnoteToken } from '../lex/extensions';
import { lex, type MarkdownToken } from '../lex/lexer';
import { decodeEntities } from './entities';
import { BREAK, CLOSING, OPENING } from './tags';

/** The words of a text as its view shows them, without their looks: what one may search for while it is not shown in full. */
export function plainText(markdown: string): string {
  return blocksText(lex(markdown).blocks);
}

function blocksText(blocks: readonly MarkdownToken[]): string {
  return blocks
    .map(blockText)
    .filter((text) => text !== '')
    .join('\n');
}

function blockText(token: MarkdownToken): string {
  switch (token.type) {
    case 'space':
    case 'def':
    case 'hr':
      return '';
    case 'code':
    case 'math':
      return (token as Tokens.Code).text;
    case 'html':
      return token.raw.trim();
    case 'list':
      return (token as Tokens.List).items.map(({ tokens }) => blocksText(tokens)).join('\n');
    case 'blockquote':
      return blocksText((token as Tokens.Blockquote).tokens);
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      return [header, ...rows].map((cells) => cells.map(({ tokens }) => inlineText(tokens)).join(' ')).join('\n');
    }
    case 'footnote': {
      const { name, tokens } = token as FootnoteToken;
      return `${name} ${inlineText(tokens)}`;
    }
    default:
      return inlineText([token]);
  }
}

/** The same of what stands in a line. */
export function inlineText(tokens: readonly MarkdownToken[]): string {
  return tokens.map(oneText).join('');
}

function oneText(token: MarkdownToken): string {
  switch (token.type) {
    case 'codespan':
    case 'escape':
    case 'math':
      return (token as Tokens.Codespan).text;
    case 'br':
      return '\n';
    case 'image':
      return decodeEntities((token as Tokens.Image).text);
    case 'checkbox':
      return '';
    case 'html':
      if (BREAK.test(token.raw)) return '\n';
      return OPENING.test(token.raw) || CLOSING.test(token.raw) ? '' : token.raw;
    case 'citation':
      return token.raw;
    case 'footnote_reference':
      return (token as FootnoteReferenceToken).name;
    default: {
      const children = 'tokens' in token && Array.isArray(token.tokens) ? (token.tokens as MarkdownToken[]) : [];
      if (children.length > 0) return inlineText(children);
      return decodeEntities('text' in token ? String(token.text) : token.raw);
    }
  }
}
