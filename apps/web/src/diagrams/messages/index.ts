import { Catalogue } from '../../messages/catalogue';
import { addCatalogue } from '../../messages/language';
import en from './en';

/** The texts of diagrams, which come with the first one. */
const DIAGRAM_TEXTS = new Catalogue(en, import.meta.glob(['./??.ts', '!./en.ts'], { import: 'default' }));

/** A text of diagrams, by its id. */
export const td = DIAGRAM_TEXTS.text;

/** Resolves when the texts are there in the page's language; without it they are in English. */
export const textsLoaded = addCatalogue(DIAGRAM_TEXTS).catch(() => undefined);
