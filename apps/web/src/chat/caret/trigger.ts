/** What a sign before the caret asks for: commands, a model, or something that goes with the message. */
export type Sign = '/' | '@' | '#';

/** A sign with what was typed after it, up to the caret. */
export interface Trigger {
  sign: Sign;
  query: string;
  /** Where the sign is, and the caret. */
  from: number;
  to: number;
}

/** A longer word is no search. */
const LONGEST = 60;

/**
 * The sign that the caret is behind: `/` begins the whole text, `@` and `#` a word. A heading (`# `), an address (`a@b`) and `C#` are none.
 */
export function triggerAt(text: string, caret: number): Trigger | undefined {
  const start = Math.max(0, caret - LONGEST - 1);
  const [, before = '', sign, query = ''] = /(^|\s)([/@#])(\S*)$/u.exec(text.slice(start, caret)) ?? [];
  if (sign === undefined || (before === '' && start > 0)) return undefined;
  const from = caret - query.length - 1;
  if (sign === '/' && from !== 0) return undefined;
  return { sign: sign as Sign, query, from, to: caret };
}
