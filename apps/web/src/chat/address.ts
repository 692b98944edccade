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
    if (!draft || address.get('shared') === null) return;
    setAddress({}, { replace: true });
    void import('../sharing/shares').then(async ({ takeShares }) => {
      for (const { text, files } of await takeShares()) {
        addText(draft, text);
        draft.add(files);
      }
    });
  }, [draft, address, setAddress]);
  useEffect(() => {
    const [text, model] = [address.get('q'), address.get('models')?.split(',')[0]];
    if (!draft || (text === null && model === undefined)) return;
    if (text !== null) addText(draft, text);
    if (model) draft.model.set(model);
    setAddress({}, { replace: true });
  }, [draft, address, setAddress]);
}

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
