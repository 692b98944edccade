import { ANSWER_CODES, PROBLEM_CODES } from '@perennial/contracts-gateway';
import { afterEach, describe, expect, it } from 'vitest';
import adminAr from '../admin/messages/ar';
import adminDe from '../admin/messages/de';
import adminEn from '../admin/messages/en';
import { type Language, LANGUAGES } from '../boot/choices';
import organiseAr from '../chat/organise/messages/ar';
import organiseDe from '../chat/organise/messages/de';
import organiseEn from '../chat/organise/messages/en';
import knowledgeAr from '../knowledge/messages/ar';
import knowledgeDe from '../knowledge/messages/de';
import knowledgeEn from '../knowledge/messages/en';
import sourcesAr from '../knowledge/sources/messages/ar';
import sourcesDe from '../knowledge/sources/messages/de';
import sourcesEn from '../knowledge/sources/messages/en';
import settingsAr from '../settings/messages/ar';
import settingsDe from '../settings/messages/de';
import settingsEn from '../settings/messages/en';
import ar from './ar';
import { Catalogue, type Source } from './catalogue';
import de from './de';
import en from './en';
import { LANGUAGE, listText, numberText } from './formats';
import problemsAr from './problems/ar';
import problemsDe from './problems/de';
import problemsEn from './problems/en';

/** What is wrong with a translation. */
function faults(language: Language, source: Source, texts: Source): string[] {
  const plurals = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const ids = new Set([...Object.keys(source), ...Object.keys(texts)]);
  return [...ids].flatMap((id) => {
    const [original, text] = [source[id], texts[id]];
    if (original === undefined || text === undefined) return [`${id} is in one catalogue only`];
    const forms = typeof text === 'string' ? { other: text } : text;
    const wanted = names(typeof original === 'string' ? original : original.other);
    return [
      ...(typeof text === 'string' ? [] : plurals.filter((form) => text[form] === undefined && !isSame(text))).map(
        (form) => `${id} has no form “${form}”`,
      ),
      ...Object.entries(forms).flatMap(([form, words]) => {
        if (words.trim() !== words || words === '') return [`${id} (${form}) is empty or has spaces around it`];
        // A form may say the number in a word.
        const missing = wanted.filter((name) => name !== 'count' && !names(words).includes(name));
        const strange = names(words).filter((name) => !wanted.includes(name) && name !== 'count');
        return [...missing, ...strange].map((name) => `${id} (${form}): {${name}}`);
      }),
    ];
  });
}

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
/** One form for all numbers. */
const isSame = (forms: object) => Object.keys(forms).join() === 'other';

describe('the catalogues', () => {
  it.each([
    ['en', en, adminEn, settingsEn, { ...sourcesEn, ...knowledgeEn }, organiseEn, problemsEn],
    ['de', de, adminDe, settingsDe, { ...sourcesDe, ...knowledgeDe }, organiseDe, problemsDe],
    ['ar', ar, adminAr, settingsAr, { ...sourcesAr, ...knowledgeAr }, organiseAr, problemsAr],
  ] as const)(
    '%s has every text, with the same values and all plural forms',
    (language, texts, ofAdmin, ofSettings, ofKnowledge, ofOrganise, ofProblems) => {
      expect(Object.keys(en).length).toBeGreaterThan(200);
      expect(faults(language, en, texts)).toEqual([]);
      expect(faults(language, settingsEn, ofSettings)).toEqual([]);
      expect(faults(language, { ...sourcesEn, ...knowledgeEn }, ofKnowledge)).toEqual([]);
      expect(faults(language, adminEn, ofAdmin)).toEqual([]);
      expect(faults(language, organiseEn, ofOrganise)).toEqual([]);
      expect(faults(language, problemsEn, ofProblems)).toEqual([]);
    },
  );

  it('have words for every code that the server may send', () => {
    const codes = [...PROBLEM_CODES, ...ANSWER_CODES];
    expect(codes.filter((code) => !Object.hasOwn(problemsEn, code))).toEqual([]);
  });

  it('are looked through: planted faults are found', () => {
    const source = { a: 'A {name}', b: { one: '{count} b', other: '{count} bs' }, c: 'C' };
    expect(faults('ar', source, { a: 'ا {nome}', b: { one: 'ب', other: '{count} ب' }, d: 'د' })).toEqual([
      'a (other): {name}',
      'a (other): {nome}',
      ...['few', 'many', 'two', 'zero'].map((form) => `b has no form “${form}”`),
      'c is in one catalogue only',
      'd is in one catalogue only',
    ]);
  });

  it('are there for every language that can be chosen', () => {
    expect(Object.keys(LANGUAGES)).toEqual(['en', 'de', 'ar']);
  });
});

describe('a text', () => {
  const texts = new Catalogue(
    { hello: 'Hello {name}.', files: { one: '{count} file', other: '{count} files' } } as const,
    {
      de: async () => ({
        default: { hello: 'Hallo {name}.', files: { one: '{count} Datei', other: '{count} Dateien' } },
      }),
      ar: async () => ({ default: { hello: 'مرحبا {name}.', files: { two: 'ملفان', other: '{count} ملف' } } }),
    },
  );
  const show = async (language: Language) => {
    (await texts.load(language))();
    LANGUAGE.set(language);
  };

  afterEach(() => show('en'));

  it('has its values and the form of its number, in the shown language', async () => {
    expect([texts.text('hello', { name: 'Ada' }), texts.text('files', { count: 1 })]).toEqual(['Hello Ada.', '1 file']);
    expect(texts.text('files', { count: 1_200 })).toBe('1,200 files');
    await show('de');
    expect([texts.text('files', { count: 1 }), texts.text('files', { count: 1_200 })]).toEqual([
      '1 Datei',
      '1.200 Dateien',
    ]);
    await show('ar');
    expect(texts.text('files', { count: 2 })).toBe('ملفان');
    await show('en');
    expect(texts.text('files', { count: 0 })).toBe('0 files');
  });

  it('keeps a name of the other direction from taking its sentence along', async () => {
    expect(texts.text('hello', { name: 'عمر' })).toBe('Hello \u2068عمر\u2069.');
    await show('ar');
    expect(texts.text('hello', { name: 'Ada (2)' })).toBe('مرحبا \u2068Ada (2)\u2069.');
  });

  it('shows what a person wrote as it is, also braces', () => {
    expect(texts.text('hello', { name: '{count} $& {name}' })).toBe('Hello {count} $& {name}.');
  });

  it('lists and counts as its language does', () => {
    expect([listText(['a', 'b', 'c']), numberText(0.25, { style: 'percent' })]).toEqual(['a, b and c', '25%']);
    LANGUAGE.set('de');
    expect(listText(['a', 'b', 'c'])).toBe('a, b und c');
  });
});
