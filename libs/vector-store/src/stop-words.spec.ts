import { queryWords } from '@perennial/words';
import { describe, expect, it } from 'vitest';
import { tellingWords } from './stop-words';

describe('tellingWords', () => {
  it.each([
    ['How do I reset a controller?', ['reset', 'controller']],
    ['What is the seal of part 8840-17?', ['seal', 'part', '8840', '17']],
    ['Wie wird der Urlaub mit dem Vorgesetzten abgestimmt?', ['urlaub', 'vorgesetzten', 'abgestimmt']],
    ['Quels sont les jours fériés de cette année ?', ['jours', 'feries', 'annee']],
    ['¿Cuántos días de vacaciones tengo en el primer año?', ['vacaciones', 'ano']],
  ])('of %j are %j', (query, expected) => {
    expect(tellingWords(queryWords(query))).toEqual(expected);
  });

  it.each([
    ['one word of another language is a word', 'war crimes'],
    ['a query of nothing else is asked for as it is', 'to be or not to be'],
    ['a code has none', 'E-204'],
    ['scripts without spaces have none', '東京都の天気'],
  ])('%s: %j', (_, query) => {
    const words = queryWords(query);
    expect(tellingWords(words)).toEqual(words);
  });
});
