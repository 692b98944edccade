import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { wordsOf } from '@perennial/words';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexWords, queryTerms } from './analysis';

/** The share of the query's terms that a text has. */
function matched(text: string, query: string): number {
  const words = indexWords(text);
  const terms = queryTerms(query);
  return terms.filter((forms) => forms.some((form) => words.has(form))).length / terms.length;
}
const firstForms = (query: string): (string | undefined)[] => queryTerms(query).map(([word]) => word);

describe('queryTerms', () => {
  it.each([
    ['How do I reset a controller?', ['reset', 'controller']],
    ['What is the seal of part 8840-17?', ['seal', 'part', '8840', '17', '884017']],
    ['Wie wird der Urlaub mit dem Vorgesetzten abgestimmt?', ['urlaub', 'vorgesetzten', 'abgestimmt']],
    ['Quels sont les jours fériés de cette année ?', ['jours', 'feries', 'annee']],
    ['war crimes', ['war', 'crimes']],
    ['to be or not to be', ['to', 'be', 'or', 'not']],
    ['E-204', ['e', '204', 'e204']],
    ['東京都の天気', ['東京', '京都', '都の', 'の天', '天気']],
  ])('of %j are %j', (query, expected) => {
    expect(firstForms(query)).toEqual(expected);
  });

  it('have the forms of older stores too', () => {
    expect(queryTerms('Die Straße nach Łódź').flat()).toEqual(expect.arrayContaining(['strasse', 'straße', 'łodz']));
  });

  it('have the identifiers of a question that is longer than they may be', () => {
    const chatter = Array.from({ length: 100 }, (_, n) => `chatter${n}`).join(' ');
    expect(queryTerms(`${chatter} XK-4711-B`).flat()).toContain('xk4711b');
  });

  it('are limited in number', () => {
    expect(queryTerms(Array.from({ length: 900 }, (_, n) => `w${n}-x`).join(' '))).toHaveLength(64);
  });
});

describe('queryTerms of any text', () => {
  it('are few, distinct and soon there', () => {
    const pieces = [
      'a',
      'B',
      '7',
      '-',
      '.',
      '/',
      ':',
      '_',
      ' ',
      'é',
      'ß',
      '天',
      'ไ',
      'ﷺ',
      '\u0301',
      '\ud800',
      'the ',
      'und ',
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 60 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 3_000 }), (parts, times) => {
        const from = performance.now();
        const terms = queryTerms(parts.join('').repeat(times));
        const forms = terms.flat();
        expect(performance.now() - from).toBeLessThan(1_000);
        expect(terms.length).toBeLessThanOrEqual(64);
        expect(new Set(forms).size).toBe(forms.length);
        expect(forms.every((form) => form !== '' && !/[\s']/u.test(form))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('are of the beginning of a text that is no query', () => {
    const from = performance.now();
    for (const text of ['ﷺ'.repeat(200_000), '东京都の天气'.repeat(33_000), 'a:'.repeat(100_000)])
      expect(queryTerms(text).length).toBeGreaterThan(0);
    expect(performance.now() - from).toBeLessThan(1_500);
  });
});

describe('a text is found by its words', () => {
  it.each([
    ['in other forms', 'The seals are simulated.', 'How do I simulate a seal?'],
    [
      'in other forms of German',
      'Hunde werden hier angemeldet und sie haben Häuser.',
      'Der Hund und das Haus, die wir haben',
    ],
    ['in another spelling of a code', 'Valve XK-4711-B', 'xk4711b'],
    ['by the name of a file in a path', 'see /etc/security/limits.conf.', 'limits.conf'],
    ['by an address', 'The host 10.20.30.41 is down.', '10.20.30.41'],
    ['by a part of a dotted name', 'Setting database.pool.max_size: 20', 'pool max_size'],
    ['by the parts of a name in one', 'parseInvoiceDate() throws', 'parse invoice date'],
    ['by pairs of characters', '预约专家门诊', '专家门诊'],
  ])('%s', (_, text, query) => {
    expect(matched(text, query)).toBe(1);
  });

  it('in another spelling of a code, the other way', () => {
    expect(
      queryTerms('E-204')
        .flat()
        .filter((form) => indexWords('Fault E204').has(form)),
    ).toEqual(['204', 'e204']);
  });

  it('and not by a code that differs in one character', () => {
    expect(indexWords('SN7H-22K9-QX').has('sn7h22k6qx')).toBe(false);
    expect(matched('SN7H-22K9-QX', 'SN7H-22K6-QX')).toBeLessThan(0.6);
  });

  it('in an index of an earlier version too, if they are written the same', () => {
    const earlier = wordsOf('The valve XK-4711-B is opened with spanners.');
    for (const query of ['valve', 'spanners', 'XK-4711-B'])
      expect(queryTerms(query).some((forms) => forms.some((form) => earlier.has(form)))).toBe(true);
  });
});

describe('indexWords', () => {
  it('stays small and fast for a text without spaces', () => {
    const from = performance.now();
    for (const text of ['a-'.repeat(200_000), 'a1B'.repeat(150_000), `${'x'.repeat(9)}.`.repeat(40_000)])
      expect(indexWords(text).size).toBeLessThan(8_000);
    expect(performance.now() - from).toBeLessThan(2_000);
  });

  it('has a limited number of words of one name without an end', () => {
    const name = Array.from({ length: 20_000 }, (_, n) => `a${n}.b`).join('/');
    expect(indexWords(name).size).toBeLessThan(10_000);
  });

  it('keeps no text in memory for the sake of a word', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const filler = '- '.repeat(60_000);
    indexWords(filler);
    const before = heap();
    for (let n = 0; n < 100; n += 1) {
      const word = [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
      indexWords(`${filler} internationalisation${word}`);
    }
    expect(heap() - before).toBeLessThan(4_000_000);
  });
});
