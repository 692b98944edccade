import { Store } from './store';

/** A window that lies above the page, whichever part of the page has opened it. */
export type PageWindow =
  | { kind: 'palette'; text?: string }
  | { kind: 'shortcuts' }
  | { kind: 'tags'; chats: readonly (readonly [id: string, title: string])[] };

export const WINDOW = new Store<PageWindow | undefined>(undefined);

/** The page has a message box. */
export const HAS_BOX = new Store(false);
