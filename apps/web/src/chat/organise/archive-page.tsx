import type { ChatListItem } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { t } from '../../messages';
import { dateText } from '../../messages/formats';
import { usePageTitle } from '../../messages/page-title';
import { shownTitle } from '../../messages/shown-title';
import { useStore } from '../../state/store';
import { useSettled } from '../../state/use-settled';
import { Icon } from '../../ui/icon';
import { Problem } from '../../ui/problem';
import { ARCHIVED_KEY, CHATS_PER_PAGE } from '../chat-keys';
import { useDeletions } from '../deletions-provider';
import { to } from './messages';
import { type Deeds, useChatDeeds } from './use-chat-deeds';

/** The chats that are out of the way: found by their titles, brought back, or deleted. */
export default function ArchivePage() {
  const [text, setText] = useState('');
  const query = useSettled(text.trim());
  const hidden = useStore(useDeletions().hidden);
  const deeds = useChatDeeds();
  const chats = useArchived(query);
  usePageTitle(t('archive'));
  const rows = (chats.data?.pages.flat() ?? []).filter(({ id, archived }) => archived !== false && !hidden.has(id));
  return (
    <main id="content" className="documents-page" tabIndex={-1}>
      <header className="documents-header">
        <h1>{t('archive')}</h1>
      </header>
      <label className="field">
        <span className="visually-hidden">{to('archive.search')}</span>
        <input
          type="search"
          placeholder={to('archive.search')}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      <Problem of={chats.data ? undefined : chats.error} />
      {chats.isPending && <p role="status">{t('page.loading')}</p>}
      {chats.data && rows.length === 0 && (
        <p className="empty-state" role="status">
          {query ? t('find.nothing', { query }) : to('archive.empty')}
        </p>
      )}
      <ul className="document-list" aria-label={t('archive')}>
        {rows.map((chat) => (
          <ArchivedRow key={chat.id} chat={chat} deeds={deeds} />
        ))}
      </ul>
      {chats.hasNextPage && (
        <button
          type="button"
          className="button button-quiet"
          disabled={chats.isFetchingNextPage}
          onClick={() => void chats.fetchNextPage()}
        >
          {t('chats.older')}
        </button>
      )}
    </main>
  );
}

function ArchivedRow({ chat, deeds }: { chat: ChatListItem; deeds: Deeds }) {
  const { id, updated_at: at } = chat;
  const title = shownTitle(chat.title);
  return (
    <li className="document-row">
      <Icon name="archive" />
      <span className="document-text">
        <Link className="document-name" to={`/c/${id}`} dir="auto">
          {title}
        </Link>
        <span className="document-facts muted">{dateText(at * 1_000, { dateStyle: 'medium' })}</span>
      </span>
      <button
        type="button"
        className="button button-quiet button-small"
        aria-label={to('archive.bringBackNamed', { title })}
        onClick={() => deeds.act('bringBack', [[id, title]])}
      >
        {t('chats.bringBack')}
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={t('action.deleteNamed', { name: title })}
        onClick={() => deeds.act('remove', [[id, title]])}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}

/** Newest first; with a text those whose titles have it. */
function useArchived(query: string) {
  return useInfiniteQuery({
    queryKey: [...ARCHIVED_KEY, query],
    queryFn: ({ pageParam }) => call(routes.chats.archived, { query: { page: pageParam, query: query || undefined } }),
    initialPageParam: 1,
    getNextPageParam: (page, pages) => (page.length === CHATS_PER_PAGE ? pages.length + 1 : undefined),
    placeholderData: keepPreviousData,
  });
}

export { textsLoaded } from './messages';
