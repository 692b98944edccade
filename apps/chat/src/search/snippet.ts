const BEFORE = 40;
const LENGTH = 160;

/** The part of an excerpt around the first match of one of the words; its beginning without a match. */
export function snippetOf(excerpt: string, words: readonly string[]): string {
  const places = words.map((word) => excerpt.search(new RegExp(word, 'iu'))).filter((at) => at >= 0);
  const from = places.length === 0 ? 0 : Math.max(0, Math.min(...places) - BEFORE);
  // No lone surrogate at either end.
  return excerpt.slice(from, from + LENGTH).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
}
