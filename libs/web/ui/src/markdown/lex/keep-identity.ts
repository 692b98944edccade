import type { Tokens } from 'marked';
import type { MarkdownToken } from './lexer';

/**
 * The blocks of a new lexing, with the old objects where nothing has changed, so that what renders them need not run again. Within the block
 * that has grown the same holds for items, rows and inner blocks.
 */
export function keepIdentity(old: readonly MarkdownToken[], fresh: readonly MarkdownToken[]): MarkdownToken[] {
  return fresh.map((token, at) => keepToken(old[at], token));
}

function keepToken(old: MarkdownToken | undefined, fresh: MarkdownToken): MarkdownToken {
  if (old?.type !== fresh.type) return fresh;
  if (old.raw === fresh.raw && isLoose(old) === isLoose(fresh)) return old;
  if (isList(old) && isList(fresh)) {
    return { ...fresh, items: keepIdentity(old.items, fresh.items) as Tokens.ListItem[] };
  }
  if (isQuote(old) && isQuote(fresh))
    return { ...fresh, tokens: keepIdentity(old.tokens, fresh.tokens) as Tokens.Generic[] };
  if (isItem(old) && isItem(fresh))
    return { ...fresh, tokens: keepIdentity(old.tokens, fresh.tokens) as Tokens.Generic[] };
  if (isTable(old) && isTable(fresh)) {
    const sameColumns = old.align.join() === fresh.align.join();
    return {
      ...fresh,
      align: sameColumns ? old.align : fresh.align,
      header: keepRow(old.header, fresh.header),
      rows: fresh.rows.map((row, at) => keepRow(old.rows[at], row)),
    };
  }
  return fresh;
}

function keepRow(old: Tokens.TableCell[] | undefined, fresh: Tokens.TableCell[]): Tokens.TableCell[] {
  const same = old?.length === fresh.length && old.every(({ text }, at) => text === fresh[at]?.text);
  return same ? old : fresh;
}

/** The same words make paragraphs in a loose list, and lines in a tight one. */
function isLoose(token: MarkdownToken): boolean {
  return 'loose' in token && token.loose === true;
}

function isList(token: MarkdownToken): token is Tokens.List {
  return token.type === 'list';
}

function isItem(token: MarkdownToken): token is Tokens.ListItem {
  return token.type === 'list_item';
}

function isQuote(token: MarkdownToken): token is Tokens.Blockquote {
  return token.type === 'blockquote';
}

function isTable(token: MarkdownToken): token is Tokens.Table {
  return token.type === 'table';
}
