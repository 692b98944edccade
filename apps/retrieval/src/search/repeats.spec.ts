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

  it('is no longer text than what can be compared, and texts without words are not compared', () => {
    const long = 'word '.repeat(5_000);
    expect(kept([long, long, '—', '—'])).toEqual([long, long, '—', '—']);
  });

  it('is found in little time in the worst case', () => {
    const texts = Array.from(
      { length: 120 },
      (_, n) => `${'the same words again and again '.repeat(130)}${'again '.repeat(n)}`,
    );
    const from = performance.now();
    expect(kept(texts, 100).length).toBeGreaterThan(0);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});
