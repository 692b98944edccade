import { Lexer, type MarkedOptions, type Token, Tokenizer, type TokensList } from 'marked';
import { INLINE_RULES } from './cjk';
import {
  type CitationToken,
  EXTENSIONS,
  type FootnoteReferenceToken,
  type FootnoteToken,
  type MathToken,
} from './extensions';

/** A token of a model's text. */
export type MarkdownToken = Token | MathToken | CitationToken | FootnoteReferenceToken | FootnoteToken;

/** The addresses of named links, by name. */
export type Links = TokensList['links'];

/**
 * Lexes a text. One that is nested deeper than the stack allows is a paragraph: no text may break the page.
 *
 * @param links those that stand in earlier parts of the text
 * @returns the blocks, whose `raw` together are the text; `links` of this and earlier parts
 */
export function lex(text: string, links: Links = {}): { blocks: MarkdownToken[]; links: Links } {
  const tokenizer = new Tokenizer();
  const options: MarkedOptions = { gfm: true, breaks: false, pedantic: false, tokenizer, extensions: EXTENSIONS };
  const lexer = new Lexer(options);
  tokenizer.rules = { ...tokenizer.rules, inline: INLINE_RULES };
  Object.assign(lexer.tokens.links, links);
  try {
    const blocks = lexer.lex(text);
    return { blocks: [...blocks] as MarkdownToken[], links: blocks.links };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { blocks: [{ type: 'paragraph', raw: text, text, tokens: [{ type: 'text', raw: text, text }] }], links };
  }
}
