import { Catalogue } from '../../messages/catalogue';
import { addCatalogue } from '../../messages/language';
import en from './en';

/** The texts of the pages about knowledge, which come with them. */
const KNOWLEDGE_TEXTS = new Catalogue(en, import.meta.glob(['./??.ts', '!./en.ts'], { import: 'default' }));

/** A text of the pages about knowledge, by its id. */
export const tk = KNOWLEDGE_TEXTS.text;

/** Resolves when the texts are there in the page's language; without it they are in English. */
export const textsLoaded = addCatalogue(KNOWLEDGE_TEXTS).catch(() => undefined);
