import { useEffect, useRef } from 'react';
import { useSearchParams } from 'react-router';
import { t } from '../messages';
import { showToast } from '../ui/toasts';
import { messagesIn } from './chat-parts';
import type { Draft } from './draft';
import type { useChat } from './use-chat';

/** The page has a window of its own. */
const INSTALLED = '(display-mode: standalone)';

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
    if (isShared)
      void import('../sharing/shares').then(async ({ showShares, takeShares }) => {
        // Any site can send a form to the worker, but only in a tab of the browser: what it sent is thrown away.
        if (matchMedia(INSTALLED).matches) await showShares(draft, addText);
        else await takeShares();
      });
    setAddress({}, { replace: true });
  }, [draft, address, setAddress]);
}

/** Below what was written there; not twice. */
function addText({ text }: Draft, added: string): void {
  const own = text.get();
  if (!own.endsWith(added)) text.set(own === '' ? added : `${own}\n${added}`);
}

/**
 * An address such as `/c/id?m=message` leads to a message, on whichever branch it is, and however long ago it was written.
 *
 * @returns goes to a message in this way
 */
export function useLinkedMessage(
  chat: ReturnType<typeof useChat>,
  show: (messageId: string) => void,
): (messageId: string) => void {
  const [address, setAddress] = useSearchParams();
  const wanted = address.get('m');
  const { data, isFetching, earlier } = chat;
  const latest = useRef({ show, fetchEarlier: earlier.fetch });
  useEffect(() => {
    latest.current = { show, fetchEarlier: earlier.fetch };
  });
  useEffect(() => {
    if (wanted === null || !data || isFetching || earlier.state === 'coming') return;
    const isHere = messagesIn(data)[wanted] !== undefined;
    if (!isHere && (earlier.state === 'idle' || earlier.state === 'asked')) return latest.current.fetchEarlier();
    if (isHere) latest.current.show(wanted);
    else showToast({ key: 'link', text: t('chat.noMessage') });
    setAddress({}, { replace: true });
  }, [wanted, data, isFetching, earlier.state, setAddress]);
  return (messageId) => setAddress({ m: messageId }, { replace: true });
}
