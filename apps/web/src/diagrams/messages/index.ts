import { Catalogue } from '../../messages/catalogue';
import en from './en';

/** The texts of diagrams, which come with the first one. */
export const DIAGRAM_TEXTS = new Catalogue(en, { de: () => import('./de'), ar: () => import('./ar') });

/** A text of diagrams, by its id. */
export const td = DIAGRAM_TEXTS.text;
