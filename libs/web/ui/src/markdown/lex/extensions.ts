import type { Lexer, Tokens } from 'marked';

/** Mathematics in TeX. These are no interfaces, because the lexer wants tokens that may have more fields. */
export type MathToken = {
  type: 'math';
  raw: string;
  /** The formula without its marks. */
  text: string;
  /** On a line of its own. */
  display: boolean;
  /** Its end has come. */
  closed: boolean;
};

/** `[1]` or `[1, 2]` in running text. */
export type CitationToken = {
  type: 'citation';
  raw: string;
  numbers: number[];
};

/** `[^name]` in running text. */
export type FootnoteReferenceToken = {
  type: 'footnote_reference';
  raw: string;
  name: string;
};

/** `[^name]: …`, shown where it stands. */
export type FootnoteToken = {
  type: 'footnote';
  raw: string;
  name: string;
  tokens: Tokens.Generic[];
};

interface Place {
  lexer: Lexer;
}

const DISPLAY = [
  { opens: '$$', closes: '$$' },
  { opens: '\\[', closes: '\\]' },
];
const BLANK_LINE = /\n[ \t]*\n/;
const DISPLAY_START = /\n {0,3}(?:\$\$|\\\[)/;
const INLINE_PAREN = /^\\\(((?:\\(?!\))[\s\S]|[^\\])+?)\\\)/;
/** Pandoc's rule: no space inside of the marks, and no digit after them, so that "$5 and $6" stays money. */
const INLINE_DOLLAR = /^\$(?![\s$])((?:\\[\s\S]|[^\\$])*?[^\s\\$]|(?:\\[\s\S]|[^\\$])*?\\[\s\S])\$(?![\d$])/;
const CITATION = /^\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?!\()/;
const FOOTNOTE_REFERENCE = /^\[\^([^\]\s]{1,100})\]/;
const FOOTNOTE = /^ {0,3}\[\^([^\]\s]{1,100})\]:[ \t]*((?:[^\n]*)(?:\n(?! {0,3}\[\^)[ \t]*[^\s][^\n]*)*)(?:\n|$)/;

/** A formula at the beginning of a line. What begins it without an end, and without an empty line, may still become one. */
function mathBlock(this: Place, src: string): MathToken | undefined {
  const indent = /^ {0,3}/.exec(src)![0].length;
  const marks = DISPLAY.find(({ opens }) => src.startsWith(opens, indent));
  if (!marks) return undefined;
  const from = indent + marks.opens.length;
  const blank = BLANK_LINE.exec(src);
  const limit = blank ? blank.index : src.length;
  const end = src.indexOf(marks.closes, from);
  if (end !== -1 && end < limit) {
    const lineEnd = /^[ \t]*(?:\n|$)/.exec(src.slice(end + marks.closes.length));
    const text = src.slice(from, end).trim();
    if (!lineEnd || text === '') return undefined;
    return {
      type: 'math',
      raw: src.slice(0, end + marks.closes.length + lineEnd[0].length),
      text,
      display: true,
      closed: true,
    };
  }
  if (blank || src.length === from) return undefined;
  return { type: 'math', raw: src, text: src.slice(from).trim(), display: true, closed: false };
}

/** Where the next line begins that may begin a formula: a paragraph ends before it. */
function mathBlockStart(src: string): number | void {
  const found = DISPLAY_START.exec(src);
  return found ? found.index + 1 : undefined;
}

function mathInline(this: Place, src: string): MathToken | undefined {
  const marks = DISPLAY.find(({ opens }) => src.startsWith(opens));
  if (marks) {
    const end = src.indexOf(marks.closes, 2);
    const text = end === -1 ? '' : src.slice(2, end);
    if (end !== -1 && text.trim() !== '' && !BLANK_LINE.test(text)) {
      return { type: 'math', raw: src.slice(0, end + 2), text: text.trim(), display: true, closed: true };
    }
    return undefined;
  }
  const found = INLINE_PAREN.exec(src) ?? INLINE_DOLLAR.exec(src);
  const text = found?.[1] ?? '';
  if (!found || text.trim() === '' || BLANK_LINE.test(text)) return undefined;
  return { type: 'math', raw: found[0], text: text.trim(), display: false, closed: true };
}

function citation(this: Place, src: string): CitationToken | undefined {
  const [raw, list] = CITATION.exec(src) ?? [];
  if (raw === undefined || list === undefined || this.lexer.state.inLink) return undefined;
  const { links } = this.lexer.tokens;
  // A link may have a number as its name.
  if (links[list] || links[/^\[([^\]]*)\]/.exec(src.slice(raw.length))?.[1] ?? ''] || list in links) return undefined;
  return { type: 'citation', raw, numbers: list.split(',').map(Number) };
}

function footnoteReference(this: Place, src: string): FootnoteReferenceToken | undefined {
  const [raw, name] = FOOTNOTE_REFERENCE.exec(src) ?? [];
  return raw === undefined || name === undefined ? undefined : { type: 'footnote_reference', raw, name };
}

function footnote(this: Place, src: string): FootnoteToken | undefined {
  const [raw, name, text = ''] = FOOTNOTE.exec(src) ?? [];
  if (raw === undefined || name === undefined) return undefined;
  const token: FootnoteToken = { type: 'footnote', raw, name, tokens: [] };
  this.lexer.inline(text.replace(/\n[ \t]+/g, '\n'), token.tokens);
  return token;
}

/** What a model's text has beyond GitHub's Markdown, as marked's lexer takes it. */
export const EXTENSIONS = {
  renderers: {},
  childTokens: {},
  block: [mathBlock, footnote],
  inline: [mathInline, footnoteReference, citation],
  startBlock: [mathBlockStart],
  startInline: [(src: string) => src.indexOf('$')],
};
