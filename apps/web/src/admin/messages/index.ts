import { Catalogue } from '../../messages/catalogue';
import en from './en';

/** The texts of the administration, which only administrators load. */
export const ADMIN_TEXTS = new Catalogue(en, import.meta.glob(['./??.ts', '!./en.ts'], { import: 'default' }));

/** A text of the administration, by its id. */
export const ta = ADMIN_TEXTS.text;
/** The same with elements in it. */
export const taNodes = ADMIN_TEXTS.nodes;
