import { ADMINISTRATION } from './administration';
import { CHAT } from './chat';
import { COMPOSER } from './composer';
import { DOCUMENTS } from './documents';
import { FRAME } from './frame';
import { SETTINGS } from './settings';
import type { View } from './view';

export type { View } from './view';

/** All pages and open states; which are left out, and why, is in ADR 0104. */
export const VIEWS: readonly View[] = [...CHAT, ...COMPOSER, ...FRAME, ...SETTINGS, ...DOCUMENTS, ...ADMINISTRATION];
