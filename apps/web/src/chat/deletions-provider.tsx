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
  const [deletions] = useState(() => {
    let underWay = 0;
    return new Deletions(
      async (chatId, leaving) => {
        underWay += 1;
        try {
          await call(routes.chats.remove, { params: { id: chatId } }, { keepalive: leaving });
        } finally {
          underWay -= 1;
          // Many that are deleted together ask for the list once.
          if (underWay === 0) void client.invalidateQueries({ queryKey: CHATS_KEY });
        }
      },
      (chatId, error) => {
        const reason = error instanceof Error ? error.message : t('error.tryAgain');
        showToast({ key: `delete ${chatId}`, text: t('chats.notDeleted', { reason }) });
      },
    );
  });
  useEffect(() => {
    const leave = () => void deletions.finishAll(true);
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      void deletions.finishAll(false);
    };
  }, [deletions]);
  return <DeletionsContext value={deletions}>{children}</DeletionsContext>;
}

export function useDeletions(): Deletions {
  const deletions = useContext(DeletionsContext);
  if (!deletions) throw new Error('useDeletions is called outside of DeletionsProvider.');
  return deletions;
}

/** A chat by its id, with its title. */
export type NamedChat = readonly [id: string, title: string];

/** Deletes chats; for some seconds that can be undone, for all of them at once. */
export function useDeleteChats(): (chats: readonly NamedChat[]) => void {
  const deletions = useDeletions();
  return (chats) => {
    const ids = chats.map(([id]) => id);
    const key = `delete ${ids.join(' ')}`;
    for (const id of ids) deletions.begin(id);
    showToast({
      key,
      text:
        chats.length === 1
          ? t('chats.deleted', { title: chats[0]?.[1] ?? '' })
          : t('chats.deletedCount', { count: chats.length }),
      action: { name: t('action.undo'), run: () => ids.forEach((id) => deletions.undo(id)) },
    });
    setTimeout(() => ids.some((id) => deletions.hidden.get().has(id)) && endToast(key), UNDO_FOR_MS);
  };
}
