import { type Fields, isObject, textIn, wholeIn } from '../wire/narrow';
import type { Parameters } from './draft';

/** Parameters as any client has stored them. */
export function toParameters(stored: unknown): Parameters {
  const fields: Fields = isObject(stored) ? stored : {};
  const { temperature } = fields;
  const all: Parameters = {
    system: textIn(fields, 'system') || undefined,
    temperature: typeof temperature === 'number' && Number.isFinite(temperature) ? temperature : undefined,
    max_tokens: wholeIn(fields, 'max_tokens'),
    reasoning_effort: textIn(fields, 'reasoning_effort') || undefined,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** What of a person's preferences goes with each question. */
export interface Wishes {
  system?: string;
  /** The code of a language. */
  answerLanguage?: string;
}

/** What a question is sent with: a chat's own instructions take the place of those for all chats; the language is wished in both cases. */
export function parametersFor(ofChat: Parameters, { system, answerLanguage }: Wishes): Parameters {
  const instructions = [ofChat.system ?? system ?? '', languageWish(answerLanguage)].filter(
    (text) => text.trim() !== '',
  );
  return { ...ofChat, ...(instructions.length > 0 ? { system: instructions.join('\n\n') } : {}) };
}

/** For models, which understand English best. */
function languageWish(code: string | undefined): string {
  if (code === undefined) return '';
  const language = new Intl.DisplayNames('en', { type: 'language' }).of(code) ?? code;
  // eslint-disable-next-line no-restricted-syntax -- Models read it, in any language of the page.
  return `Answer in ${language}, whatever language the question is in.`;
}
