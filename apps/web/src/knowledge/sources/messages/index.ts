import { Catalogue } from '../../../messages/catalogue';
import { addCatalogue } from '../../../messages/language';
import en from './en';

/** The texts about sources, which come with them. */
const SOURCE_TEXTS = new Catalogue(en, import.meta.glob(['./??.ts', '!./en.ts'], { import: 'default' }));

/** A text about sources, by its id. */
export const tso = SOURCE_TEXTS.text;

/** Resolves when the texts are there in the page's language; without it they are in English. */
export const textsLoaded = addCatalogue(SOURCE_TEXTS).catch(() => undefined);
