import type { ChatListItem } from '@perennial/contracts-wire';
import type { QueryClient } from '@tanstack/react-query';
import { patchRow } from '../chat-cache';
import { CHATS_KEY } from '../chat-keys';

/** Requests for several chats that are under way at the same time. */
const AT_ONCE = 4;

interface Marking {
  ids: readonly string[];
  change: Partial<ChatListItem>;
  /** What it was before. */
  back: Partial<ChatListItem>;
  send: (chatId: string) => Promise<unknown>;
}

/**
 * Marks chats: shown at once, and taken back for those where the server refuses.
 *
 * @returns why some are not marked; undefined when all are
 */
export async function mark(client: QueryClient, { ids, change, back, send }: Marking): Promise<Error | undefined> {
  for (const id of ids) patchRow(client, id, change);
  const fault = await forEach(ids, send, (id) => patchRow(client, id, back));
  // A list that has not loaded these chats does not know them yet.
  await client.invalidateQueries({ queryKey: CHATS_KEY });
  return fault;
}

/**
 * Asks for each of several chats, a few at once.
 *
 * @param onRefused is told where the server refuses
 * @returns why it did
 */
export async function forEach(
  ids: readonly string[],
  send: (chatId: string) => Promise<unknown>,
  onRefused: (chatId: string) => void,
): Promise<Error | undefined> {
  const waiting = [...ids];
  let fault: Error | undefined;
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        await send(id);
      } catch (error) {
        onRefused(id);
        fault = error instanceof Error ? error : new Error(String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return fault;
}
