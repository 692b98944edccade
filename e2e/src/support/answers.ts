import { routes } from '@perennial/contracts-gateway';
import type { Chat, Message } from '@perennial/contracts-wire';
import { waitFor } from '@perennial/testing/servers';
import type { Account } from './accounts';
import { http } from './http';

export async function getChat(baseUrl: string, account: Account, chatId: string): Promise<Chat> {
  const reply = await http<Chat>('GET', baseUrl + routes.chats.get.path.replace(':id', chatId), {
    token: account.token,
  });
  if (reply.status !== 200) throw new Error(`the chat was answered ${reply.status}`);
  return reply.body;
}

/** The answer's stored message, once it is done. */
export async function doneAnswer(
  baseUrl: string,
  account: Account,
  turn: { chatId: string; messageId: string },
  timeoutMs = 30_000,
): Promise<Message> {
  return waitFor(
    async () => {
      const message = (await getChat(baseUrl, account, turn.chatId)).chat.history?.messages[turn.messageId];
      return message?.done ? message : undefined;
    },
    { timeoutMs, what: 'the answer to be done' },
  );
}
