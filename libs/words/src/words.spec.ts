import { describe, expect, it } from 'vitest';
import { queryWords, unfoldedForms, wordsOf } from './words';

const words = (text: string): string[] => [...wordsOf(text).keys()];

describe('wordsOf', () => {
  it.each([
    ['The quick brown FOX', ['the', 'quick', 'brown', 'fox']],
    ['XK-4711-B, rev. 2', ['xk', '4711', 'b', 'rev', '2']],
    ['naïve café', ['naive', 'cafe']],
    ['Straße STRASSE Ümlaut', ['strasse', 'umlaut']],
    ['ırmak İstanbul', ['irmak', 'istanbul']],
    ['مدرسة مدرسه', ['مدرسه']],
    ['أَحْمَد احمد', ['احمد']],
    ['Łódź smørrebrød', ['lodz', 'smorrebrod']],
    ['東京都', ['東京', '京都']],
    ['a東b', ['a', '東', 'b']],
    ['한국어 문서', ['한국어', '문서']],
    ['हिन्दी', ['हिन्दी']],
    ["it's; DROP--", ['it', 's', 'drop']],
    ['', []],
    [' ?!\u0000\ud800 ', []],
    ['ﬁle', ['file']],
  ])('of %j are %j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it('of a query are also given in the form of older stores', () => {
    const text = 'Die Straße nach Łódź, strasse';
    expect(unfoldedForms(text, queryWords(text))).toEqual(['straße', 'łodz']);
    expect(unfoldedForms('plain words', ['plain', 'words'])).toEqual([]);
  });

  it('are counted', () => {
    expect(wordsOf('no, No, NO!').get('no')).toBe(3);
  });

  it('are limited in length and number', () => {
    expect(words('x'.repeat(1_000))).toEqual(['x'.repeat(64)]);
    expect(wordsOf(Array.from({ length: 9_000 }, (_, n) => `w${n}`).join(' ')).size).toBe(5_000);
    expect(queryWords(Array.from({ length: 900 }, (_, n) => `w${n}`).join(' '))).toHaveLength(64);
  });
});
