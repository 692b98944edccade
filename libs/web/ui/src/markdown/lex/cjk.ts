import { Lexer } from 'marked';

/** Letters and marks of Chinese, Japanese and Korean, which are written without spaces. */
const CJK = '[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Bopomofo}\\u3001-\\u303f\\uff01-\\uff65]';
/** Their punctuation, which stands where other scripts have letters. */
const CJK_MARK = '[\\u3001-\\u303f\\uff01-\\uff65]';
const PUNCTUATION = `(?!~)(?!${CJK_MARK})[\\p{P}\\p{S}]`;
const PUNCTUATION_OR_SPACE = `(?!~)(?!${CJK_MARK})[\\s\\p{P}\\p{S}]`;
const LETTER = `(?:[^\\s\\p{P}\\p{S}]|~|${CJK_MARK})`;

/**
 * The rules of inline tokens, where `**「重要」**の` is bold. CommonMark reads words by the spaces around them: beside a bracket and without a
 * space a delimiter neither opens nor closes. Here a CJK character beside a delimiter counts as a space does, and CJK punctuation as a letter.
 * The groups of the expressions are those that marked's tokenizer reads.
 */
export const INLINE_RULES = {
  ...Lexer.rules.inline.gfm,
  punctuation: new RegExp(`^(?:(?![*_])[\\s\\p{P}\\p{S}]|${CJK})`, 'u'),
  emStrongLDelim: new RegExp(
    `^(?:\\*+(?:((?!\\*)${PUNCTUATION})|([^\\s*]))?)|^_+(?:((?!_)${PUNCTUATION})|([^\\s_]))?`,
    'u',
  ),
  emStrongRDelimAst: new RegExp(
    [
      '^[^_*]*?__[^_*]*?\\*[^_*]*?(?=__)',
      '[^*]+(?=[^*])',
      `(?!\\*)${PUNCTUATION}(\\*+)(?=[\\s]|$)`,
      `(?!${CJK}\\*+${PUNCTUATION})${LETTER}(\\*+)(?!\\*)(?=${PUNCTUATION_OR_SPACE}|$)`,
      `(?!\\*)(?:\\s|${PUNCTUATION}(?!\\*+${CJK}))(\\*+)(?=${LETTER})`,
      `[\\s](\\*+)(?!\\*)(?=${PUNCTUATION})`,
      `(?:(?!\\*)${PUNCTUATION}|${CJK})(\\*+)(?!\\*)(?=${PUNCTUATION}|${CJK})`,
      `${LETTER}(\\*+)(?=${LETTER})`,
    ].join('|'),
    'gu',
  ),
};
