import { Catalogue } from '../../messages/catalogue';
import en from './en';

/** The texts of the settings, which come with them. */
export const SETTINGS_TEXTS = new Catalogue(en, import.meta.glob(['./??.ts', '!./en.ts'], { import: 'default' }));

/** A text of the settings, by its id. */
export const ts = SETTINGS_TEXTS.text;
