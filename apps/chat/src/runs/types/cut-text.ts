const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** More units than any grapheme has. */
const LONGEST_CHARACTER = 64;

/**
 * The beginning of a text, at most so many UTF-16 units, without a partial grapheme (such as half an emoji) at its end.
 */
export function cutText(text: string, units: number): string {
  if (text.length <= units) return text;
  let end = 0;
  for (const { index, segment } of GRAPHEMES.segment(text.slice(0, units + LONGEST_CHARACTER))) {
    if (index + segment.length > units) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}
