import type { ChatListItem } from '@perennial/contracts-wire';
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { useMatch } from 'react-router';
import { isUnread, unreadSince } from '../chat/chat-cache';
import { useChats, usePinnedChats, useRenameChat } from '../chat/chat-queries';
import { useDeletions } from '../chat/deletions-provider';
import { useChatDeeds } from '../chat/organise/use-chat-deeds';
import { useReadAhead } from '../chat/use-read-ahead';
import { t } from '../messages';
import { UNREAD } from '../messages/page-title';
import { useStore } from '../state/store';
import { WINDOW } from '../state/window';
import { withTexts } from '../ui/with-texts';
import { ChatRow } from './chat-row';
import { byDay } from './days';

const SelectionBar = lazy(() => withTexts(import('./selection-bar')));

/** The pinned chats, and the others by day, the newest first; older ones come when the end of the list is seen. */
export function ChatList({ onNavigate }: { onNavigate: () => void }) {
  const chats = useChats();
  const pinned = usePinnedChats();
  const hidden = useStore(useDeletions().hidden);
  const rename = useRenameChat();
  const deeds = useChatDeeds();
  const readAhead = useReadAhead();
  /** Titles of the chats that are chosen together, by id; undefined while none is being chosen. */
  const [chosen, setChosen] = useState<ReadonlyMap<string, string>>();
  const shown = useMatch('/c/:chatId')?.params.chatId;
  const latest = useRef(onNavigate);
  useEffect(() => {
    latest.current = onNavigate;
  });
  const onRename = useCallback((chatId: string, title: string) => rename.mutate({ chatId, title }), [rename.mutate]);
  const onChoose = useCallback(
    (chatId: string, title: string) =>
      setChosen((before) => {
        const next = new Map(before);
        if (!next.delete(chatId)) next.set(chatId, title);
        return next;
      }),
    [],
  );
  const endChoosing = () => {
    setChosen(undefined);
    requestAnimationFrame(() => document.querySelector<HTMLElement>('.chat-list a')?.focus());
  };
  const deleteChosen = () => {
    deeds.act('remove', [...(chosen ?? [])]);
    setChosen(undefined);
  };
  const archiveChosen = () => {
    deeds.act('archive', [...(chosen ?? [])]);
    setChosen(undefined);
  };
  const navigated = useCallback(() => latest.current(), []);

  const [since] = useState(() => unreadSince(localStorage));
  const isNew = (chat: ChatListItem) => chat.id !== shown && isUnread(chat, since);
  const all = chats.data?.pages.flat() ?? [];
  const unread = all.filter(isNew).length;
  useEffect(() => UNREAD.set(unread), [unread]);

  if (chats.isPending) return <Notice role="status">{t('chats.loading')}</Notice>;
  if (chats.error && !chats.data) return <Notice role="alert">{chats.error.message}</Notice>;
  const isListed = ({ id, archived }: ChatListItem) => !archived && !hidden.has(id);
  const onTop = (pinned.data ?? all.filter((chat) => chat.pinned)).filter(
    (chat) => chat.pinned !== false && isListed(chat),
  );
  const items = all.filter((chat) => !chat.pinned && isListed(chat));
  const parts = [...(onTop.length > 0 ? [{ name: t('chats.pinned'), chats: onTop }] : []), ...byDay(items, new Date())];
  return (
    <div className="chat-list" {...readAhead}>
      {chosen && (
        <Suspense>
          <SelectionBar
            count={chosen.size}
            onTag={() => WINDOW.set({ kind: 'tags', chats: [...chosen] })}
            onArchive={archiveChosen}
            onDelete={deleteChosen}
            onEnd={endChoosing}
          />
        </Suspense>
      )}
      {parts.length === 0 && <p className="empty">{t('chats.none')}</p>}
      {parts.map((part) => (
        <section key={part.name} aria-label={part.name}>
          <h2>{part.name}</h2>
          <ul>
            {part.chats.map((chat) => (
              <ChatRow
                key={chat.id}
                chat={chat}
                unread={isNew(chat)}
                chosen={chosen?.has(chat.id)}
                onChoose={onChoose}
                onNavigate={navigated}
                onRename={onRename}
                deeds={deeds}
              />
            ))}
          </ul>
        </section>
      ))}
      {chats.hasNextPage && (
        <Older
          busy={chats.isFetchingNextPage}
          failed={chats.isFetchNextPageError}
          onMore={() => void chats.fetchNextPage()}
        />
      )}
    </div>
  );
}

/** Asks for more when it is seen; after a failure only when it is pressed. */
function Older({ busy, failed, onMore }: { busy: boolean; failed: boolean; onMore: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  const latest = useRef(onMore);
  useEffect(() => {
    latest.current = onMore;
  });
  useEffect(() => {
    if (busy || failed || !button.current) return;
    const seen = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) latest.current();
    });
    seen.observe(button.current);
    return () => seen.disconnect();
  }, [busy, failed]);
  return (
    <button ref={button} type="button" className="button button-quiet older" aria-busy={busy} onClick={onMore}>
      {t('chats.older')}
    </button>
  );
}

/** Takes the list's space, so that nothing moves when the list is loaded. */
function Notice({ role, children }: { role: 'status' | 'alert'; children: string }) {
  return (
    <div className="chat-list">
      <p className="empty" role={role}>
        {children}
      </p>
    </div>
  );
}
