import type { MarkdownToken } from '../lex/lexer';

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** What is no word of the text. */
const MARK = /\[!\w+\]/;

/** That of a block's first letter. `auto` does not look into paragraphs, which have directions of their own. */
export function directionOf({ raw }: Pick<MarkdownToken, 'raw'>): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.test(/\p{L}/u.exec(raw.replace(MARK, ''))?.[0] ?? '') ? 'rtl' : 'ltr';
}
