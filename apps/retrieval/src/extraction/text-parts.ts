import type { TextPart } from '../splitting/chunk';
import { characterBoundary } from '../splitting/pieces';
import { refuse } from './messages';
import type { Fragment, Reading } from './reading';

/** Longest part, so that memory is bounded at any length of the document. */
const PART_LENGTH = 128 * 1024;
/** Between two pages, sheets or slides. */
const GAP = '\n\n';

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000B\u000E-\u001F\u007F]/g;

/**
 * Text that Postgres, JSON and every embedder accept: lines end with `\n`, special blanks become blanks, invisible characters (NUL, soft
 * hyphens, byte order marks) and lone surrogates are removed.
 */
export function cleaned(text: string): string {
  return text
    .replace(/\r\n?|\f|\u2028/g, '\n')
    .replace(/\u2029/g, GAP)
    .replace(/[\u00A0\u202F]/g, ' ')
    .replace(/[\u00AD\uFEFF]/g, '')
    .replace(CONTROL, '')
    .replace(LONE_SURROGATE, '\uFFFD');
}

/**
 * Joins fragments to the parts of the document: one per page, or several of at most 128 Ki characters that end with a paragraph, a line or a
 * word. The result does not depend on the fragments. Throws `too-much-text`.
 */
export async function* textParts(fragments: AsyncIterable<Fragment>, reading: Reading): AsyncGenerator<TextPart> {
  let buffer = '';
  let of: Omit<TextPart, 'text'> | undefined;
  let carry = '';
  const { summary, limits } = reading;
  const part = (text: string): TextPart => {
    summary.textLength += text.length;
    if (summary.textLength > limits.maxTextLength) throw refuse.tooMuchText(limits);
    return { text, ...(of ?? { markup: 'plain' }) };
  };
  for await (const { text, ...place } of fragments) {
    if (of && !samePlace(of, place)) {
      const rest = buffer + cleaned(carry);
      if (rest.trim() !== '') yield part(rest.endsWith(GAP) ? rest : rest + GAP);
      buffer = carry = '';
    }
    of = place;
    // Half a line end or half a character waits for the next fragment.
    const whole = carry + text;
    const keep = /[\r\uD800-\uDBFF]$/.test(whole) ? 1 : 0;
    carry = whole.slice(whole.length - keep);
    buffer += cleaned(whole.slice(0, whole.length - keep));
    let from = 0;
    while (buffer.length - from > PART_LENGTH) {
      const end = partEnd(buffer, from);
      yield part(buffer.slice(from, end));
      from = end;
    }
    if (from > 0) buffer = buffer.slice(from);
  }
  const rest = buffer + cleaned(carry);
  if (rest.trim() !== '') yield part(rest);
}

const samePlace = (a: Omit<TextPart, 'text'>, b: Omit<TextPart, 'text'>): boolean =>
  a.page === b.page && a.heading === b.heading && a.startSeconds === b.startSeconds && a.markup === b.markup;

/**
 * The end of the part that begins at `from`: after the last paragraph, line or word in the second half of its maximum.
 */
function partEnd(text: string, from: number): number {
  const last = from + PART_LENGTH;
  for (const separator of ['\n\n', '\n', ' ']) {
    const at = text.lastIndexOf(separator, last - separator.length);
    if (at > from + PART_LENGTH / 2) return at + separator.length;
  }
  return characterBoundary(text, last);
}
