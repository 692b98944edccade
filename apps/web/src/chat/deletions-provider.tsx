import { call, routes } from '@perennial/web-client';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { t } from '../messages';
import { endToast, showToast } from '../ui/toasts';
import { CHATS_KEY } from './chat-keys';
import { Deletions, UNDO_FOR_MS } from './deletions';

const DeletionsContext = createContext<Deletions | undefined>(undefined);

/** Keeps the deletions of chats that can still be undone; they are done when the page is left or the account signs out. */
export function DeletionsProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [deletions] = useState(
    () =>
      new Deletions(
        async (chatId, leaving) => {
          await call(routes.chats.remove, { params: { id: chatId } }, { keepalive: leaving });
          await client.invalidateQueries({ queryKey: CHATS_KEY });
        },
        (chatId, error) => {
          const reason = error instanceof Error ? error.message : t('error.tryAgain');
          showToast({ key: `delete ${chatId}`, text: t('chats.notDeleted', { reason }) });
        },
      ),
  );
  useEffect(() => {
    const leave = () => deletions.finishAll(true);
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      deletions.finishAll(false);
    };
  }, [deletions]);
  return <DeletionsContext value={deletions}>{children}</DeletionsContext>;
}

export function useDeletions(): Deletions {
  const deletions = useContext(DeletionsContext);
  if (!deletions) throw new Error('useDeletions is called outside of DeletionsProvider.');
  return deletions;
}

/** Deletes a chat; for some seconds that can be undone. */
export function useDeleteChat(): (chatId: string, title: string) => void {
  const deletions = useDeletions();
  return (chatId, title) => {
    const key = `delete ${chatId}`;
    deletions.begin(chatId);
    showToast({
      key,
      text: t('chats.deleted', { title }),
      action: { name: t('action.undo'), run: () => deletions.undo(chatId) },
    });
    setTimeout(() => deletions.hidden.get().has(chatId) && endToast(key), UNDO_FOR_MS);
  };
}
