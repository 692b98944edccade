import { useEffect } from 'react';
import { Store, useStore } from '../state/store';
import { numberText } from './formats';

/** Chats with something new in them. */
export const UNREAD = new Store(0);

/** The title of the window. It has the product's name, which is the same in all languages, and how many chats are unread. */
export function usePageTitle(page: string | undefined): void {
  const unread = useStore(UNREAD);
  useEffect(() => {
    const title = page ? `${page} · Perennial` : 'Perennial';
    document.title = unread === 0 ? title : `(${numberText(unread)}) ${title}`;
  }, [page, unread]);
}
