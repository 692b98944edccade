import { Catalogue } from '../../messages/catalogue';
import { addCatalogue } from '../../messages/language';
import en from './en';

/** The texts of what is shown beside a chat, which come with the first of it. */
const ARTIFACT_TEXTS = new Catalogue(en, import.meta.glob(['./??.ts', '!./en.ts'], { import: 'default' }));

/** One of these texts, by its id. */
export const ta = ARTIFACT_TEXTS.text;

/** Resolves when the texts are there in the page's language; without it they are in English. */
export const textsLoaded = addCatalogue(ARTIFACT_TEXTS).catch(() => undefined);
