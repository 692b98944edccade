import type { ChatListItem } from '@perennial/contracts-wire';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useMatch, useNavigate } from 'react-router';
import { isUnread, unreadSince } from '../chat/chat-cache';
import { useChats, useRenameChat } from '../chat/chat-queries';
import { useDeleteChats, useDeletions } from '../chat/deletions-provider';
import { t } from '../messages';
import { UNREAD } from '../messages/page-title';
import { useStore } from '../state/store';
import { ChatRow } from './chat-row';
import { byDay } from './days';
import { SelectionBar } from './selection-bar';

/** The chats by day, the newest first; older ones come when the end of the list is seen. */
export function ChatList({ onNavigate }: { onNavigate: () => void }) {
  const chats = useChats();
  const hidden = useStore(useDeletions().hidden);
  const rename = useRenameChat();
  const remove = useDeleteChats();
  /** Titles of the chats that are chosen together, by id; undefined while none is being chosen. */
  const [chosen, setChosen] = useState<ReadonlyMap<string, string>>();
  const navigate = useNavigate();
  const shown = useMatch('/c/:chatId')?.params.chatId;
  const latest = useRef({ remove, shown, onNavigate });
  useEffect(() => {
    latest.current = { remove, shown, onNavigate };
  });
  const onRename = useCallback((chatId: string, title: string) => rename.mutate({ chatId, title }), [rename.mutate]);
  const onDelete = useCallback(
    (chatId: string, title: string) => {
      latest.current.remove([[chatId, title]]);
      if (chatId === latest.current.shown) void navigate('/');
    },
    [navigate],
  );
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
    remove([...(chosen ?? [])]);
    if (shown !== undefined && chosen?.has(shown)) void navigate('/');
    setChosen(undefined);
  };
  const navigated = useCallback(() => latest.current.onNavigate(), []);

  const [since] = useState(() => unreadSince(localStorage));
  const isNew = (chat: ChatListItem) => chat.id !== shown && isUnread(chat, since);
  const unread = chats.data?.pages.flat().filter(isNew).length ?? 0;
  useEffect(() => UNREAD.set(unread), [unread]);

  if (chats.isPending) return <Notice role="status">{t('chats.loading')}</Notice>;
  if (chats.error && !chats.data) return <Notice role="alert">{chats.error.message}</Notice>;
  const items = chats.data.pages.flat().filter(({ id }) => !hidden.has(id));
  return (
    <div className="chat-list">
      {chosen && <SelectionBar count={chosen.size} onDelete={deleteChosen} onEnd={endChoosing} />}
      {items.length === 0 && <p className="empty">{t('chats.none')}</p>}
      {byDay(items, new Date()).map((day) => (
        <section key={day.name} aria-label={day.name}>
          <h2>{day.name}</h2>
          <ul>
            {day.chats.map((chat) => (
              <ChatRow
                key={chat.id}
                chat={chat}
                unread={isNew(chat)}
                chosen={chosen?.has(chat.id)}
                onChoose={onChoose}
                onNavigate={navigated}
                onRename={onRename}
                onDelete={onDelete}
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
