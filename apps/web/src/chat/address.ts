import { useEffect, useRef } from 'react';
import { useSearchParams } from 'react-router';
import type { useChat } from './chat-queries';
import type { Draft } from './draft';

/**
 * An address such as `/?q=text&models=id` fills the box of a new chat, below what was written there; it sends nothing. `/?shared` brings what another
 * program has shared with the installed page.
 */
export function usePrefill(draft: Draft | undefined): void {
  const [address, setAddress] = useSearchParams();
  useEffect(() => {
    const [text, model] = [address.get('q'), address.get('models')?.split(',')[0]];
    const isShared = address.get('shared') !== null;
    if (!draft || (text === null && model === undefined && !isShared)) return;
    if (text !== null) addText(draft, text);
    if (model) draft.model.set(model);
    if (isShared) void import('../sharing/shares').then(({ showShares }) => showShares(draft, addText));
    setAddress({}, { replace: true });
  }, [draft, address, setAddress]);
}

/** Below what was written there; not twice. */
function addText({ text }: Draft, added: string): void {
  const own = text.get();
  if (!own.endsWith(added)) text.set(own === '' ? added : `${own}\n${added}`);
}

/** An address such as `/c/id?m=message` leads to a message, on whichever branch it is. */
export function useLinkedMessage(chat: ReturnType<typeof useChat>, show: (messageId: string) => void): void {
  const [address, setAddress] = useSearchParams();
  const wanted = address.get('m');
  const { data, hasNextPage, isFetching, fetchNextPage } = chat;
  const latest = useRef(show);
  useEffect(() => {
    latest.current = show;
  });
  useEffect(() => {
    if (wanted === null || !data || isFetching) return;
    if (!data.chat.history?.messages[wanted] && hasNextPage) return void fetchNextPage();
    if (data.chat.history?.messages[wanted]) latest.current(wanted);
    setAddress({}, { replace: true });
  }, [wanted, data, hasNextPage, isFetching, fetchNextPage, setAddress]);
}
