import { useEffect } from 'react';
import { Store, useStore } from '../state/store';
import { numberText } from './formats';

/** Chats with something new in them. */
export const UNREAD = new Store(0);

/** The installation's name: the product's until the server has told it. */
export const HOUSE = new Store('Perennial');

/** The title of the window. It has the installation's name, which is the same in all languages, and how many chats are unread. */
export function usePageTitle(page: string | undefined): void {
  const unread = useStore(UNREAD);
  const house = useStore(HOUSE);
  useEffect(() => {
    const title = page ? `${page} · ${house}` : house;
    document.title = unread === 0 ? title : `(${numberText(unread)}) ${title}`;
  }, [page, unread, house]);
}
