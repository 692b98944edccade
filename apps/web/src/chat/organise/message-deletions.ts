import type { Chat } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import type { QueryClient } from '@tanstack/react-query';
import { t } from '../../messages';
import { endToast, showToast } from '../../ui/toasts';
import { chatKey } from '../chat-keys';
import { Deletions, UNDO_FOR_MS } from '../deletions';
import { DROPPING } from '../dropped';
import { readChat } from '../use-chat';
import { textsLoaded, to } from './messages';
import { branchOf, type Extent, without } from './without';

interface Deleted {
  chatId: string;
  messageId: string;
  extent: Extent;
  client: QueryClient;
  /** It is shown again: it was undone, or the server did not do it. */
  onBack: () => void;
}

/** A deletion that was begun. */
interface Begun extends Deleted {
  /** What followed the message then: only this goes. */
  branch: ReadonlySet<string>;
}

/** By chat and message: a fork has messages of the same ids. */
const BEGUN = new Map<string, Begun>();

const DELETIONS = new Deletions(
  async (key, leaving) => {
    const { chatId, messageId, extent, client, branch } = BEGUN.get(key)!;
    if (extent === 'branch') {
      const chat = leaving ? client.getQueryData<Chat>(chatKey(chatId)) : await readChat(client, chatId);
      // Another page, or another person of the account, may have gone on with it meanwhile.
      if ([...branchOf(chat, messageId)].some((id) => !branch.has(id))) throw new Error(to('message.wentOn'));
    }
    const params = { id: chatId, message_id: messageId };
    const query = { branch: extent === 'branch' ? ('true' as const) : ('false' as const) };
    await call(routes.chatMessages.remove, { params, query }, { keepalive: leaving });
    await client.invalidateQueries({ queryKey: chatKey(chatId) });
  },
  (key, error) => {
    BEGUN.get(key)?.onBack();
    endToast(toastOf(key));
    const reason = error instanceof Error ? error.message : t('error.tryAgain');
    showToast({ key: `message ${key}`, text: to('message.notDeleted', { reason }) });
  },
);
addEventListener('pagehide', () => void DELETIONS.finishAll(true));

/** Chats are shown without what is hidden now. */
DELETIONS.hidden.subscribe(() => {
  const hidden = [...DELETIONS.hidden.get()].map((key) => BEGUN.get(key)!);
  const extentsIn = (chat: Chat) =>
    new Map(hidden.filter(({ chatId }) => chatId === chat.id).map(({ messageId, extent }) => [messageId, extent]));
  DROPPING.set({
    from: (chat) => chat && without(chat, extentsIn(chat)),
    finish: (leaving) => DELETIONS.finishAll(leaving),
  });
});

/** Deletes a message, alone or with all that follow it; for some seconds that can be undone. */
export async function deleteMessage(deleted: Deleted): Promise<void> {
  await textsLoaded;
  const { chatId, messageId, extent, client } = deleted;
  const key = `${chatId} ${messageId}`;
  const chat = client.getQueryData<Chat>(chatKey(chatId));
  BEGUN.set(key, { ...deleted, branch: branchOf(chat, messageId) });
  DELETIONS.begin(key);
  const undo = () => {
    if (DELETIONS.undo(key)) deleted.onBack();
  };
  const text = extent === 'branch' ? to('message.deletedBranch') : to('message.deleted');
  showToast({ key: toastOf(key), text, action: { name: t('action.undo'), run: undo } });
  setTimeout(() => DELETIONS.hidden.get().has(key) && endToast(toastOf(key)), UNDO_FOR_MS);
}

const toastOf = (key: string): string => `delete ${key}`;
