import type { TextPart } from '../splitting/chunk';
import { characterBoundary } from '../splitting/pieces';
import { refuse } from './messages';
import type { Fragment, Reading } from './reading';

/** A part is no longer than this, so that memory is bounded however long a document is. */
const PART_LENGTH = 128 * 1024;
/** Between two pages, sheets or slides. */
const GAP = '\n\n';

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000B\u000E-\u001F\u007F]/g;

/**
 * What Postgres, JSON and every embedder take: lines end with `\n`, blanks that only look different are blanks, what
 * nobody sees (NUL, soft hyphens, marks of byte order) is gone, and no half of a character is left.
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
 * Joins fragments to the parts of the document: one per page, or several of at most 128 Ki characters that end with a
 * paragraph, a line or a word. How the text came in fragments makes no difference. Throws `too-much-text`.
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
    // Half a line end or half a character waits for its other half.
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
  a.page === b.page && a.heading === b.heading && a.markup === b.markup;

/** Where the part that begins at `from` ends: behind the last paragraph, line or word in the second half of what it may hold. */
function partEnd(text: string, from: number): number {
  const last = from + PART_LENGTH;
  for (const separator of ['\n\n', '\n', ' ']) {
    const at = text.lastIndexOf(separator, last - separator.length);
    if (at > from + PART_LENGTH / 2) return at + separator.length;
  }
  return characterBoundary(text, last);
}
