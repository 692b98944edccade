import { Store } from '../state/store';

/** Whether the settings are shown. They stay when the page is drawn again in another language. */
export const SETTINGS_OPEN = new Store(false);
