import type { ChatListItem } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { download } from '@perennial/web-ui/markdown';
import { t } from '../../messages';
import { endToast, showToast } from '../../ui/toasts';
import { CHATS_KEY } from '../chat-keys';
import type { NamedChat } from '../deletions-provider';
import { fileName } from './export/chat-file';
import { toMarkdown } from './export/markdown';
import { wholeChat } from './export/whole-chat';
import { mark } from './marks';
import { to } from './messages';
import type { Around } from './use-chat-deeds';

export { chatItems } from './chat-items';
export { textsLoaded } from './messages';

type Format = 'markdown' | 'json';

/** What can be done with whole chats, wherever they are listed. */
export interface ChatDeeds {
  remove(chats: readonly NamedChat[]): void;
  exportAs(format: Format, chat: NamedChat): void;
  pin(chat: NamedChat, pinned: boolean): void;
  /** Into the archive, which can be undone for some seconds. */
  archive(chats: readonly NamedChat[]): void;
  bringBack(chats: readonly NamedChat[]): void;
  markUnread(chats: readonly NamedChat[]): void;
  markRead(chatId: string): void;
  markAllRead(): void;
}

/** Time in which the toast of what can be undone is shown, in milliseconds. */
const UNDO_FOR_MS = 10_000;

export function deedsFrom(latest: Around): ChatDeeds {
  /** A chat that is shown leaves the list: so does its page. */
  const leave = (chats: readonly NamedChat[]) => {
    if (chats.some(([id]) => id === latest.shown)) void latest.navigate('/');
  };
  const change = (
    chats: readonly NamedChat[],
    next: Partial<ChatListItem>,
    back: Partial<ChatListItem>,
    send: Send,
  ) => {
    const ids = chats.map(([id]) => id);
    const marking = mark(latest.client, { ids, change: next, back, send });
    void marking.then((fault) => {
      if (!fault) return;
      endToast(archiveKey(chats));
      showToast({ key: `mark ${ids.join(' ')}`, text: to('chat.notMarked', { reason: fault.message }) });
    });
  };
  const setArchived = (chats: readonly NamedChat[], archived: boolean) =>
    change(chats, { archived }, { archived: !archived }, (id) =>
      call(routes.chatMarks.archive, { params: { id }, body: { archived } }),
    );
  return {
    remove: (chats) => {
      latest.remove(chats);
      leave(chats);
    },
    exportAs: (format, [id]) => {
      exportChat(id, format).catch((error: Error) =>
        showToast({ key: `export ${id}`, text: to('chat.notExported', { reason: error.message }) }),
      );
    },
    pin: (chat, pinned) =>
      change([chat], { pinned }, { pinned: !pinned }, (id) =>
        call(routes.chatMarks.pin, { params: { id }, body: { pinned } }),
      ),
    archive: (chats) => {
      const key = archiveKey(chats);
      const text =
        chats.length === 1
          ? to('archive.one', { title: chats[0]?.[1] ?? '' })
          : to('archive.many', { count: chats.length });
      showToast({ key, text, action: { name: t('action.undo'), run: () => setArchived(chats, false) } });
      setTimeout(() => endToast(key), UNDO_FOR_MS);
      setArchived(chats, true);
      leave(chats);
    },
    bringBack: (chats) => setArchived(chats, false),
    markUnread: (chats) => {
      change(chats, { unread: true }, { unread: false }, (id) => call(routes.chatMarks.unread, { params: { id } }));
      leave(chats);
    },
    markRead: (chatId) => latest.live.markRead(latest.client, chatId),
    markAllRead: () => {
      const key = { queryKey: CHATS_KEY };
      call(routes.chatMarks.readAll, {}).then(
        () => latest.client.invalidateQueries(key),
        (error: Error) => showToast({ key: 'read all', text: to('chat.notMarked', { reason: error.message }) }),
      );
    },
  };
}

type Send = (chatId: string) => Promise<unknown>;

const archiveKey = (chats: readonly NamedChat[]): string => `archive ${chats.map(([id]) => id).join(' ')}`;

/** Saves a chat as a file: Markdown to read, or JSON with everything that the server has, which can be imported here and elsewhere. */
async function exportChat(chatId: string, format: Format): Promise<void> {
  const chat = await wholeChat(chatId);
  const name = fileName(chat.title);
  if (format === 'markdown') download(toMarkdown(chat, { pictures: true }), `${name}.md`, 'text/markdown');
  else download(JSON.stringify([chat]), `${name}.json`, 'application/json');
}
