import { Catalogue } from '../../../messages/catalogue';
import { addCatalogue } from '../../../messages/language';
import en from './en';

/** The texts about chats and their order. */
const ORGANISE_TEXTS = new Catalogue(en, import.meta.glob(['./??.ts', '!./en.ts'], { import: 'default' }));

/** A text about chats and their order, by its id. */
export const to = ORGANISE_TEXTS.text;

/** Resolves when the texts are there in the page's language; without it they are in English. */
export const textsLoaded = addCatalogue(ORGANISE_TEXTS).catch(() => undefined);
