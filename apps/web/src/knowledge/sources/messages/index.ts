import { Catalogue } from '../../../messages/catalogue';
import en from './en';

/** The texts about sources, which come with them. */
export const SOURCE_TEXTS = new Catalogue(en, { de: () => import('./de'), ar: () => import('./ar') });

/** A text about sources, by its id. */
export const tso = SOURCE_TEXTS.text;
