import { ANSWER_CODES, PROBLEM_CODES } from '@perennial/contracts-gateway';
import { afterEach, describe, expect, it } from 'vitest';
import { type Language, LANGUAGES } from '../boot/choices';
import { Catalogue, type Source } from './catalogue';
import { LANGUAGE, listText, numberText } from './formats';
import problemsEn from './problems/en';

/** All texts of the page, by their files: `../admin/messages/de.ts`. */
const FILES = import.meta.glob<Source>(['./??.ts', '../**/messages/??.ts', './problems/??.ts'], {
  eager: true,
  import: 'default',
});
const SOURCES = Object.keys(FILES).filter((file) => file.endsWith('/en.ts'));
/** They change with every text. The others may lack the newest ones, which are shown in English. */
const KEPT_WHOLE: readonly Language[] = ['en', 'de', 'ar'];

/** What is wrong with a translation. */
function faults(language: Language, source: Source, texts: Source): string[] {
  const plurals = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const ids = new Set([...Object.keys(source), ...Object.keys(texts)]);
  return [...ids].flatMap((id) => {
    const [original, text] = [source[id], texts[id]];
    if (text === undefined && !KEPT_WHOLE.includes(language)) return [];
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
  it.each(Object.keys(LANGUAGES) as Language[])(
    '%s has its texts, with the same values and all plural forms',
    (language) => {
      expect(SOURCES.length).toBeGreaterThan(8);
      for (const file of SOURCES) {
        const texts = FILES[file.replace('en.ts', `${language}.ts`)];
        expect(texts, `${file} in ${language}`).toBeDefined();
        expect(faults(language, FILES[file]!, texts!), file).toEqual([]);
      }
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
    expect(faults('fr', source, { a: 'A', d: 'D' })).toEqual(['a (other): {name}', 'd is in one catalogue only']);
  });

  it('are there for no language that cannot be chosen', () => {
    const codes = Object.keys(FILES).map((file) => file.slice(-5, -3));
    expect(codes.filter((code) => !Object.hasOwn(LANGUAGES, code))).toEqual([]);
  });
});

describe('a text', () => {
  const texts = new Catalogue(
    { hello: 'Hello {name}.', files: { one: '{count} file', other: '{count} files' } } as const,
    {
      './de.ts': async () => ({ hello: 'Hallo {name}.', files: { one: '{count} Datei', other: '{count} Dateien' } }),
      './ar.ts': async () => ({ hello: 'مرحبا {name}.', files: { two: 'ملفان', other: '{count} ملف' } }),
      './fr.ts': async () => ({ hello: 'Bonjour {name}.' }),
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
    await show('fr');
    expect([texts.text('hello', { name: 'Ada' }), texts.text('files', { count: 2 })]).toEqual([
      'Bonjour Ada.',
      '2 files',
    ]);
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
