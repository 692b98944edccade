import { Catalogue } from '../catalogue';
import { addCatalogue } from '../language';
import en from './en';

const TEXTS = new Catalogue(en, import.meta.glob(['./??.ts', '!./en.ts'], { import: 'default' }));
const loaded = addCatalogue(TEXTS);

const isKnown = (code: string): code is keyof typeof en => Object.hasOwn(en, code);

/** A refusal in the language of the page; undefined for a code of a newer server. */
export async function problemText(code: string, detail: string, id = ''): Promise<string | undefined> {
  // Without the language's file it is told in English.
  await loaded.catch(() => undefined);
  return isKnown(code) ? TEXTS.text(code, { detail, id }) : undefined;
}
