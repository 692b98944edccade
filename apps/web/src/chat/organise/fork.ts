import { call, routes } from '@perennial/web-client';
import type { QueryClient } from '@tanstack/react-query';
import { showToast } from '../../ui/toasts';
import { refreshRecent } from '../chat-cache';
import { DROPPING } from '../dropped';
import { textsLoaded, to } from './messages';

interface Fork {
  chatId: string;
  messageId: string;
  client: QueryClient;
  open: (chatId: string) => void;
}

/** Makes a new chat of the messages up to one, and opens it. */
export async function fork({ chatId, messageId, client, open }: Fork): Promise<void> {
  await textsLoaded;
  try {
    // What is hidden does not come with it.
    await DROPPING.get().finish(false);
    const made = await call(routes.chatCopies.fork, { params: { id: chatId }, body: { message_id: messageId } });
    void refreshRecent(client);
    open(made.id);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    showToast({ key: `fork ${messageId}`, text: to('chat.notForked', { reason }) });
  }
}
