import { describe, expect, it } from 'vitest';
import { withoutRepeats } from './repeats';

const LETTER =
  'Dear customer, your order is on its way. It was handed to the carrier this morning and should reach you within three working days. Please keep the slip until it is there.';
const kept = (texts: string[], most = 10) =>
  withoutRepeats(
    texts.map((text) => ({ text })),
    most,
  ).map(({ text }) => text);

describe('a text that repeats an earlier one', () => {
  it.each([
    ['with other blanks and capitals', LETTER.toUpperCase().replaceAll(' ', '\n')],
    ['as a part of it', LETTER.slice(LETTER.indexOf('your'), LETTER.indexOf('Please'))],
    ['of few characters', 'on its way'],
    ['in another script', '预约专家门诊请提前三天'],
  ])('%s makes room for the next', (_, text) => {
    const first = text.startsWith('预') ? `${text}。${text}` : LETTER;
    expect(kept([first, text, 'Something else.'], 2)).toEqual([first, 'Something else.']);
  });

  it.each([
    ['a number', LETTER.replace('three', '3')],
    ['a name', LETTER.replace('customer', 'Anna')],
    ['the order of words', 'the slip is on its way within the carrier morning working your order'],
    ['more after it', `${LETTER} Returns are free.`],
  ])('except for %s stays', (_, text) => {
    expect(kept([LETTER, text])).toEqual([LETTER, text]);
  });

  it('stays if a number in it has changed to one that stands elsewhere, as in the next version of a document', () => {
    const rules = (days: number) =>
      `${LETTER} Complaints about a delivery are answered within ${days} days. Goods that were not used are taken back for 30 days, and shoes for 14 days. ${LETTER}`;
    expect(kept([rules(14), rules(30)])).toHaveLength(2);
    expect(kept([rules(14), rules(14)])).toHaveLength(1);
  });

  it('is no longer text than what can be compared, and texts without words are not compared', () => {
    const long = 'word '.repeat(5_000);
    expect(kept([long, long, '—', '—'])).toEqual([long, long, '—', '—']);
  });

  it('is found in little time in the worst case', () => {
    const words = Array.from({ length: 60 }, (_, n) => `word${n}`);
    // The same words in another order each time, and words that nearly are what is looked for everywhere.
    const shuffled = Array.from({ length: 110 }, (_, n) =>
      Array.from({ length: 600 }, (_, at) => words[(at * (n + 7) + Math.floor(at / 60) * n) % 60]).join(' '),
    );
    const periodic = Array.from({ length: 110 }, (_, n) => `${'a '.repeat(2_000 - n)}b ${'a '.repeat(n)}`);
    const from = performance.now();
    for (const texts of [shuffled, periodic]) expect(kept(texts, 100).length).toBeGreaterThan(50);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});
