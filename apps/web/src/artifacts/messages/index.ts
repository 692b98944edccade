import { Catalogue } from '../../messages/catalogue';
import en from './en';

/** The texts of what is shown beside a chat, which come with the first of it. */
export const ARTIFACT_TEXTS = new Catalogue(en, { de: () => import('./de'), ar: () => import('./ar') });

/** One of these texts, by its id. */
export const ta = ARTIFACT_TEXTS.text;
