import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useMatch, useNavigate } from 'react-router';
import { t } from '../../messages';
import { showToast } from '../../ui/toasts';
import { withTexts } from '../../ui/with-texts';
import { type NamedChat, useDeleteChats } from '../deletions-provider';
import { useLive } from '../live';
import type { ChatDeeds } from './chat-deeds';
import type { ChatItem, Here, MarkedChat } from './chat-items';

/** What deeds need of the page. */
export interface Around {
  remove: (chats: readonly NamedChat[]) => void;
  navigate: ReturnType<typeof useNavigate>;
  /** The chat whose page is shown. */
  shown: string | undefined;
  client: QueryClient;
  live: ReturnType<typeof useLive>;
}

/** What can be done with chats. It comes when it is first asked for, and these functions stay the same. */
export interface Deeds {
  act<D extends keyof ChatDeeds>(deed: D, ...what: Parameters<ChatDeeds[D]>): void;
  /** The menu of a chat. */
  items(chat: MarkedChat, here: Here): Promise<ChatItem[]>;
}

export function useChatDeeds(): Deeds {
  const remove = useDeleteChats();
  const navigate = useNavigate();
  const shown = useMatch('/c/:chatId')?.params.chatId;
  const client = useQueryClient();
  const live = useLive();
  const around = { remove, navigate, shown, client, live };
  const [latest] = useState(() => around);
  useEffect(() => {
    Object.assign(latest, around);
  });
  const [deeds] = useState((): Deeds => {
    const load = async () => {
      const loaded = await withTexts(import('./chat-deeds'));
      return { ...loaded, all: loaded.deedsFrom(latest) };
    };
    return {
      act: (deed, ...what) => {
        load().then(
          ({ all }) => (all[deed] as (...what: unknown[]) => void)(...what),
          () => showToast({ key: deed, text: t('error.failed') }),
        );
      },
      items: (chat, here) => load().then(({ all, chatItems }) => chatItems(chat, all, here)),
    };
  });
  return deeds;
}
