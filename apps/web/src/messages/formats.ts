import { isRightToLeft, type Language } from '../boot/choices';
import { Store } from '../state/store';

/** The language that the page is shown in. */
export const LANGUAGE = new Store<Language>('en');

const kept = new Map<string, unknown>();

/** Making a format is slow: each is made once for a language. */
function made<F>(name: string, options: object, make: (language: Language) => F): F {
  const key = [LANGUAGE.get(), name, JSON.stringify(options)].join(' ');
  const known = kept.get(key) ?? make(LANGUAGE.get());
  kept.set(key, known);
  return known as F;
}

export function numberText(value: number, options: Intl.NumberFormatOptions = {}): string {
  return made('number', options, (language) => new Intl.NumberFormat(language, options)).format(value);
}

export function dateText(time: Date | number, options: Intl.DateTimeFormatOptions): string {
  return made('date', options, (language) => new Intl.DateTimeFormat(language, options)).format(time);
}

/** `a, b and c`. */
export function listText(words: readonly string[]): string {
  return made('list', {}, (language) => new Intl.ListFormat(language === 'en' ? 'en-GB' : language)).format(
    words.map(isolated),
  );
}

export function pluralOf(count: number): Intl.LDMLPluralRule {
  return made('plural', {}, (language) => new Intl.PluralRules(language)).select(count);
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name in a sentence of the other direction, with marks that keep it from taking the words beside it along. */
export function isolated(name: string): string {
  return isRightToLeft(LANGUAGE.get()) || RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name;
}
