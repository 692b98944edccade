import { createElement, Fragment, type ReactNode } from 'react';
import type { Language } from '../boot/choices';
import { isolated, numberText, pluralOf } from './formats';

/** A text that depends on the number `count`, by the plural forms of its language. */
export type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

/** Texts by their ids. `{name}` stands for a value. */
export type Source = Readonly<Record<string, string | Forms>>;
export type Translation<S extends Source> = { readonly [I in keyof S]: S[I] extends string ? string : Forms };

type Names<T extends string> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type NamesOf<T> = T extends string
  ? Names<T>
  : T extends { other: infer O extends string }
    ? Names<O> | 'count'
    : never;
type Values<T, V> = { readonly [N in NamesOf<T>]: N extends 'count' ? number : V };
type Given<T, V> = [NamesOf<T>] extends [never] ? [] : [values: Values<T, V>];

/** Where the texts of each other language are, by their files' names: `./fr.ts`. Each file says itself whose translation it is. */
type Files = Readonly<Record<string, () => Promise<unknown>>>;

/**
 * The texts of a part of the page in all languages. English comes with the part, another language when it is shown; what is not translated yet
 * is shown in English.
 */
export class Catalogue<S extends Source> {
  private shown: Translation<S>;

  constructor(
    private readonly source: S,
    private readonly others: Files,
  ) {
    this.shown = source as Translation<S>;
  }

  /** The texts of a language, and what shows them from now on. */
  async load(language: Language): Promise<() => void> {
    const translated = (await this.others[`./${language}.ts`]?.()) as Partial<Translation<S>> | undefined;
    const texts = { ...(this.source as Translation<S>), ...translated };
    return () => (this.shown = texts);
  }

  /** A text in the shown language, with its values. */
  readonly text = <I extends keyof S & string>(id: I, ...[values]: Given<S[I], string | number>): string =>
    this.parts(id, values ?? {}, isolated).join('');

  /** The same with elements among its values. */
  readonly nodes = <I extends keyof S & string>(id: I, ...[values]: Given<S[I], ReactNode>): ReactNode =>
    createElement(Fragment, null, ...this.parts<ReactNode>(id, values ?? {}, (text) => text));

  private parts<V>(id: keyof S, values: Readonly<Record<string, V>>, show: (text: string) => string): (V | string)[] {
    const text = this.shown[id];
    const { count } = values as { count?: number };
    const form = typeof text === 'string' ? text : (text[pluralOf(count ?? 0)] ?? text.other);
    return form.split(/\{(\w+)\}/).map((part, at) => {
      if (at % 2 === 0) return part;
      const value = values[part];
      return typeof value === 'number' ? numberText(value) : typeof value === 'string' ? show(value) : (value as V);
    });
  }
}
