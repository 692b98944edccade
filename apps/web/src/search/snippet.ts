/** A part of a snippet: one of the words that were searched, or what is between them. */
export interface SnippetPart {
  text: string;
  isMatch: boolean;
}

/** Where a word is, in UTF-16 units. */
interface Range {
  from: number;
  to: number;
}

/** Characters before the first word that are shown. */
const BEFORE = 24;
/** The marks of Markdown at the beginning of a line. */
const LINE_MARKS = /```\S*|(?<=^|\s)(?:#+|[>|-]+|\[[ x]\])(?=\s|$)/g;
/** No text of the server has it. */
const NOTHING = '\0';

/**
 * A snippet without the marks of Markdown, from a little before the first word that was searched: a line shows its beginning only.
 *
 * @param ranges of the words, in order and without overlaps
 */
export function snippetParts(snippet: string, ranges: readonly Range[] = []): SnippetPart[] {
  // The marks leave as many units, so that the ranges stay right.
  const plain = snippet
    .replace(LINE_MARKS, (mark) => ' '.repeat(mark.length))
    .replace(/[`*]/g, NOTHING)
    .replace(/\s/g, ' ');
  const begin = beginning(plain, ranges[0]?.from ?? 0);
  const parts: SnippetPart[] = begin > 0 ? [{ text: '…', isMatch: false }] : [];
  const add = (from: number, to: number, isMatch: boolean) => {
    const last = parts.at(-1);
    const text = plain.slice(from, to).replaceAll(NOTHING, '').replace(/ +/g, ' ');
    const own = last === undefined || last.text.endsWith(' ') || last.text === '…' ? text.trimStart() : text;
    if (own !== '') parts.push({ text: own, isMatch });
  };
  let at = begin;
  for (const { from, to } of ranges) {
    add(at, from, false);
    add(Math.max(at, from), to, true);
    at = Math.max(at, to);
  }
  add(at, plain.length, false);
  return parts;
}

/** Where a snippet begins to be shown: at a word. */
function beginning(plain: string, first: number): number {
  if (first <= BEFORE) return 0;
  const from = plain.indexOf(' ', first - BEFORE) + 1;
  return from === 0 || from > first ? first : from;
}
