import type { Tag } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { type QueryClient, useQuery } from '@tanstack/react-query';
import { patchRow, rowOf } from '../chat-cache';
import { chatKey, CHATS_KEY } from '../chat-keys';
import { forEach } from './marks';

/** What is read again with the list. */
const TAGS_KEY = [...CHATS_KEY, 'tags'];

/** A tag, as far as the page needs it. */
export type NamedTag = Pick<Tag, 'id' | 'name'>;

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

/**
 * Gives chats a tag, or takes it away: shown at once, and taken back where the server refuses.
 *
 * @returns why it did; undefined when it did not
 */
export async function setTag(
  client: QueryClient,
  chatIds: readonly string[],
  tag: NamedTag,
  has: boolean,
): Promise<Error | undefined> {
  for (const id of chatIds) show(client, id, tag, has);
  const fault = await forEach(
    chatIds,
    (id) => {
      const request = { params: { id }, body: { name: tag.name } };
      return has ? call(routes.chatTags.add, request) : call(routes.chatTags.remove, request);
    },
    (id) => show(client, id, tag, !has),
  );
  await Promise.all([
    client.invalidateQueries({ queryKey: fault ? CHATS_KEY : TAGS_KEY }),
    ...chatIds.map((id) => client.invalidateQueries({ queryKey: chatKey(id), exact: true })),
  ]);
  return fault;
}

function show(client: QueryClient, chatId: string, tag: NamedTag, has: boolean): void {
  client.setQueryData<readonly NamedTag[]>([...TAGS_KEY, chatId], (tags) => {
    if (!tags) return tags;
    const others = tags.filter(({ id }) => id !== tag.id);
    return has ? [...others, tag] : others;
  });
  const ids = rowOf(client, chatId)?.tags ?? [];
  const others = ids.filter((id) => id !== tag.id);
  patchRow(client, chatId, { tags: has ? [...others, tag.id] : others });
}

/** A tag with this name, with the id that the server gives it. */
export function tagFrom(name: string): NamedTag {
  const own = name.trim();
  return { id: own.replaceAll(' ', '_').toLowerCase(), name: own };
}
