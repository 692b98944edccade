import { toGrams, wordsOf } from '@perennial/words';

/** A part of a text, in UTF-16 units. */
export interface Range {
  from: number;
  to: number;
}

/** More are not shown. */
const MAX_RANGES = 50;
/** What is between words. */
const GAP = ' ';

/**
 * Where words are in a text, compared as the index compares them: in any case and with or without accents, from three characters on as parts of
 * words. In order, without overlaps.
 *
 * @param words as `queryWords` splits them
 */
export function matchesOf(text: string, words: readonly string[]): Range[] {
  const { folded, places } = fold(text);
  const found: Range[] = [];
  for (const word of words) {
    const isPart = toGrams(word).length > 0;
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + 1)) {
      const end = at + word.length;
      const isWhole = (folded[at - 1] ?? GAP) === GAP && (folded[end] ?? GAP) === GAP;
      const [first, last] = [places[at], places[end - 1]];
      if ((isPart || isWhole) && first && last) found.push({ from: first.from, to: last.to });
    }
  }
  const ranges: Range[] = [];
  for (const range of found.sort((a, b) => a.from - b.from || a.to - b.to)) {
    const before = ranges.at(-1);
    if (before && range.from <= before.to) before.to = Math.max(before.to, range.to);
    else if (ranges.length < MAX_RANGES) ranges.push(range);
  }
  return ranges;
}

/** The text as the index has it, and where each of its units comes from. */
function fold(text: string): { folded: string; places: Range[] } {
  const forms = new Map<string, string>();
  const places: Range[] = [];
  let folded = '';
  let from = 0;
  for (const character of text) {
    let form = forms.get(character);
    if (form === undefined) forms.set(character, (form = formOf(character)));
    const to = from + character.length;
    // A mark that the index leaves out belongs to the letter before it.
    if (form === '' && places.length > 0) places[places.length - 1] = { from: places.at(-1)!.from, to };
    for (let unit = 0; unit < form.length; unit += 1) places.push({ from, to });
    folded += form;
    from = to;
  }
  return { folded, places };
}

const formOf = (character: string): string =>
  [...wordsOf(character).keys()].join('') || (/\p{M}|\u0640/u.test(character) ? '' : GAP);
