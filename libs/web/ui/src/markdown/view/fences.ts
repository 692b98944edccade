import type { Tokens } from 'marked';
import { lex, type MarkdownToken } from '../lex/lexer';
import type { Fence } from './parts';

/** A block of code as the page knows it. */
export function fenceOf({ raw, text, lang }: Tokens.Code): Fence {
  return { language: /^[\w+#.-]+/.exec(lang ?? '')?.[0], text, isClosed: isClosed(raw) };
}

/** All blocks of code of a text, in order, also in lists and quotations. */
export function fencesOf(markdown: string): Fence[] {
  return lex(markdown).blocks.flatMap(fencesIn);
}

function fencesIn(token: MarkdownToken): Fence[] {
  if (token.type === 'code') return [fenceOf(token as Tokens.Code)];
  if (token.type === 'list') return (token as Tokens.List).items.flatMap(({ tokens }) => tokens.flatMap(fencesIn));
  return token.type === 'blockquote' ? (token as Tokens.Blockquote).tokens.flatMap(fencesIn) : [];
}

/** Whether the last line of a fence has the marks of its first. */
function isClosed(raw: string): boolean {
  const [, marks] = /^ {0,3}(`{3,}|~{3,})/.exec(raw) ?? [];
  const text = raw.trimEnd();
  const last = text.lastIndexOf('\n');
  return (
    marks !== undefined &&
    last > 0 &&
    text
      .slice(last + 1)
      .trim()
      .startsWith(marks)
  );
}
