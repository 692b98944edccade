import type { Tag } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { type QueryClient, useQuery } from '@tanstack/react-query';
import { patchRow, rowOf } from '../chat-cache';
import { chatKey, CHATS_KEY } from '../chat-keys';

const TAGS_KEY = [...CHATS_KEY, 'tags'];

/** All tags of the user's chats. */
export function useTags() {
  return useQuery({ queryKey: TAGS_KEY, queryFn: () => call(routes.chatTags.all, {}) });
}

/** The tags of one chat. */
export function useTagsOf(chatId: string) {
  return useQuery({
    queryKey: [...TAGS_KEY, chatId],
    queryFn: () => call(routes.chatTags.ofChat, { params: { id: chatId } }),
  });
}

/** Gives chats a tag, or takes it away: shown at once, and taken back where the server refuses. @throws why it did */
export async function setTag(client: QueryClient, chatIds: readonly string[], tag: Tag, has: boolean): Promise<void> {
  const show = (chatId: string, on: boolean) => {
    const changed = <T extends { id: string }>(tags: readonly T[], one: T) =>
      on ? [...tags.filter(({ id }) => id !== one.id), one] : tags.filter(({ id }) => id !== one.id);
    client.setQueryData<readonly Tag[]>([...TAGS_KEY, chatId], (tags) => tags && changed(tags, tag));
    const row = rowOf(client, chatId);
    const ids = (row?.tags ?? []).map((id) => ({ id }));
    if (row) patchRow(client, chatId, { tags: changed(ids, { id: tag.id }).map(({ id }) => id) });
  };
  for (const chatId of chatIds) show(chatId, has);
  let fault: unknown;
  for (const id of chatIds) {
    const request = { params: { id }, body: { name: tag.name } };
    try {
      await (has ? call(routes.chatTags.add, request) : call(routes.chatTags.remove, request));
    } catch (error) {
      show(id, !has);
      fault ??= error;
    }
  }
  await Promise.all([
    client.invalidateQueries({ queryKey: TAGS_KEY }),
    ...chatIds.map((id) => client.invalidateQueries({ queryKey: chatKey(id), exact: true })),
  ]);
  if (fault !== undefined) throw fault;
}

/** The id of a tag with this name, as the server makes it. */
export function tagFrom(name: string): Tag {
  return { id: name.trim().toLowerCase().replaceAll(' ', '_'), name: name.trim(), user_id: '', meta: null };
}
