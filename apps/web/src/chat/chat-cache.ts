import type { Chat, ChatListItem } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { chatKey, CHATS_KEY, CHATS_PER_PAGE, PINNED_KEY } from './chat-keys';

const UNREAD_SINCE = 'unread-since';

type ChatList = InfiniteData<ChatListItem[]>;

/** Changes a chat where it is listed, and where it is open. The view leaves out what is in the archive: so no page of the list gets shorter. */
export function patchRow(client: QueryClient, chatId: string, change: Partial<ChatListItem>): void {
  const known = rowOf(client, chatId);
  const patched = (rows: ChatListItem[]) =>
    rows.some(({ id }) => id === chatId) ? rows.map((row) => (row.id === chatId ? { ...row, ...change } : row)) : rows;
  client.setQueriesData<ChatList>({ queryKey: CHATS_KEY, predicate: isPaged }, (list) => {
    if (!list?.pages.some((page) => page.some(({ id }) => id === chatId))) return list;
    return { ...list, pages: list.pages.map(patched) };
  });
  client.setQueryData<ChatListItem[]>(PINNED_KEY, (rows) => {
    if (!rows || !known || !change.pinned || rows.some(({ id }) => id === chatId)) return rows && patched(rows);
    return [...rows, { ...known, ...change }].sort((one, other) => other.updated_at - one.updated_at);
  });
  const { pinned, archived, title } = change;
  if (pinned === undefined && archived === undefined && title === undefined) return;
  client.setQueryData<Chat>(chatKey(chatId), (chat) => chat && { ...chat, ...defined({ pinned, archived, title }) });
}

/** A chat as it is listed now, by an event: it goes where its time belongs. */
export function placeRow(client: QueryClient, row: ChatListItem): void {
  // Before its row has the new time.
  client.setQueryData<ChatList>(CHATS_KEY, (list) => list && withRow(list, row));
  patchRow(client, row.id, row);
}

/** Whether an event moves a chat into or out of a list: then a row alone does not tell what the lists have. */
export function isMoved(known: ChatListItem | undefined, row: ChatListItem): boolean {
  const { pinned, archived } = row;
  if (!known) return pinned === true && archived !== true;
  // A server of the previous version does not say it.
  const differs = (now: boolean | undefined, before = false) => now !== undefined && now !== before;
  return differs(pinned, known.pinned) || differs(archived, known.archived);
}

/** The list with a row at its place; older than what is listed it comes with the next page. */
export function withRow(list: ChatList, row: ChatListItem): ChatList {
  const all = list.pages.flat();
  const others = all.filter(({ id }) => id !== row.id);
  const isKnown = others.length < all.length;
  if (!isKnown && row.archived) return list;
  // Chats of one second have an order that their times do not tell: what has not changed its time stays where it is.
  const known = all.findIndex(({ id, updated_at: time }) => id === row.id && time === row.updated_at);
  const at = known === -1 ? others.findIndex(({ updated_at: time }) => time <= row.updated_at) : known;
  const isWhole = (list.pages.at(-1)?.length ?? 0) < CHATS_PER_PAGE;
  if (at === -1 && !isWhole && !isKnown) return list;
  const place = at === -1 ? others.length : at;
  return inPages([...others.slice(0, place), row, ...others.slice(place)], list.pages.length, isWhole);
}

const isPaged = ({ state }: { state: { data: unknown } }): boolean =>
  typeof state.data === 'object' && state.data !== null && 'pages' in state.data;

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** A chat as it is listed, if it is. */
export function rowOf(client: QueryClient, chatId: string): ChatListItem | undefined {
  const listed = client.getQueryData<ChatList>(CHATS_KEY)?.pages.flat() ?? [];
  const pinned = client.getQueryData<ChatListItem[]>(PINNED_KEY) ?? [];
  return [...listed, ...pinned].find(({ id }) => id === chatId);
}

/**
 * Something came into a chat since it was read. What has never been opened, such as an imported chat, is not new.
 *
 * @param since epoch seconds; to a server that does not say it, what is older is not new
 */
export function isUnread(
  { active, unread, last_read_at: readAt, updated_at: at }: ChatListItem,
  since: number,
): boolean {
  return !active && (unread ?? (readAt !== null && at > readAt && at >= since));
}

/** When this browser first marked chats, epoch seconds: before, nothing told the server what had been read. */
export function unreadSince(storage: Storage): number {
  const kept = Number(storage.getItem(UNREAD_SINCE));
  if (kept > 0) return kept;
  const now = Math.floor(Date.now() / 1_000);
  try {
    storage.setItem(UNREAD_SINCE, String(now));
  } catch {
    // It counts until the page is left.
  }
  return now;
}

/** A chat has another title: in the list, and where it is open. */
export function patchTitle(client: QueryClient, chatId: string, title: string): void {
  patchRow(client, chatId, { title });
}

/** Reads the list of chats again, also if it is being read for the first time. */
export async function rereadList(client: QueryClient): Promise<void> {
  await client.cancelQueries({ queryKey: CHATS_KEY, exact: true });
  await client.invalidateQueries({ queryKey: CHATS_KEY, exact: true });
}

/** Reads an open chat and its running answers again, because they have changed: also if they are being read for the first time, as they were before. */
export async function refreshChat(client: QueryClient, chatId: string): Promise<void> {
  const queryKey = chatKey(chatId);
  // Without it a first read would be waited for instead of a new one.
  await client.cancelQueries({ queryKey });
  await client.invalidateQueries({ queryKey });
}

/**
 * Reads the newest chats again, in one request however long the list is.
 *
 * @param changed chats that are known to have changed. One that is not among the newest was deleted, or is an old one that was renamed: then
 *   the list is read as a whole.
 */
export async function refreshRecent(client: QueryClient, changed: readonly string[] = []): Promise<void> {
  const before = client.getQueryData<ChatList>(CHATS_KEY);
  const whole = () => client.invalidateQueries({ queryKey: CHATS_KEY });
  if (!before) return whole();
  let newest: ChatListItem[];
  try {
    newest = await call(routes.chats.list, { query: { page: 1, include_pinned: 'true' } });
  } catch {
    return whole();
  }
  const known = new Set(before.pages.flat().map(({ id }) => id));
  const isOlder = (id: string) => known.has(id) && newest.every((row) => row.id !== id);
  if (before.pages.length > 1 && changed.some(isOlder)) return whole();
  client.setQueryData<ChatList>(CHATS_KEY, (list) => list && withNewest(list, newest));
}

/** The list with its newest page replaced; the rows after it move on by as many as came. */
export function withNewest(list: ChatList, newest: ChatListItem[]): ChatList {
  if (list.pages.length <= 1) return { pages: [newest], pageParams: list.pageParams.slice(0, 1) };
  const ids = new Set(newest.map(({ id }) => id));
  const rows = [...newest, ...list.pages.flat().filter(({ id }) => !ids.has(id))];
  const isWhole = (list.pages.at(-1)?.length ?? 0) < CHATS_PER_PAGE;
  return inPages(rows, list.pages.length, isWhole);
}

/** Rows in pages, not more than there were. A last page that is full means that there are more: it stays full. */
function inPages(rows: readonly ChatListItem[], most: number, isWhole: boolean): ChatList {
  const kept = isWhole ? rows : rows.slice(0, most * CHATS_PER_PAGE);
  const pages: ChatListItem[][] = [];
  for (let from = 0; from < kept.length; from += CHATS_PER_PAGE) pages.push(kept.slice(from, from + CHATS_PER_PAGE));
  if (pages.length === 0) pages.push([]);
  return { pages, pageParams: pages.map((_, at) => at + 1) };
}
