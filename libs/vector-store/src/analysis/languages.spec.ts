import { wordsOf } from '@perennial/words';
import { describe, expect, it } from 'vitest';
import { languageOf } from './languages';

const stemIn = (text: string, word: string): string | undefined => languageOf([...wordsOf(text).keys()])?.stem(word);

describe('languageOf', () => {
  it.each([
    ['How do I reset the controller of this line?', 'controllers', 'control'],
    ['Die Bücher werden für vier Wochen ausgeliehen.', 'wochen', 'woch'],
    ['Quels sont les jours fériés de cette année ?', 'jours', 'jour'],
    ['¿Cuántos días de vacaciones tengo en el primer año?', 'vacaciones', 'vacacion'],
  ])('knows the language of %j', (text, word, stem) => {
    expect(stemIn(text, word)).toBe(stem);
  });

  it.each(['war crimes', 'E-204', '東京都の天気', ''])('does not guess that of %j', (text) => {
    expect(stemIn(text, 'words')).toBeUndefined();
  });
});
