import type { Chat } from '@perennial/contracts-wire';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useLive } from './live';

/** A chat that is shown, and seen, has been read: with each answer that ends in it, and with its title. */
export function useRead(chat: Chat | undefined, writing: boolean): void {
  const client = useQueryClient();
  const live = useLive();
  const { id, title, updated_at: at } = chat ?? {};
  useEffect(() => {
    if (id === undefined || writing) return;
    const read = () => !document.hidden && live.markRead(client, id);
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [client, live, id, title, at, writing]);
}
