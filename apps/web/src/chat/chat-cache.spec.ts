import type { ChatListItem } from '@perennial/contracts-wire';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Store } from '../state/store';
import type { News } from './answer-news';
import { EventApplier, type FinishedChat } from './apply-event';
import { isUnread, withNewest, withRow } from './chat-cache';
import { chatKey, CHATS_KEY, PINNED_KEY } from './chat-keys';

const row = (id: number): ChatListItem => ({
  id: String(id),
  title: `Chat ${id}`,
  updated_at: 0,
  created_at: 0,
  last_read_at: null,
  active: false,
});
const rows = (from: number, count: number): ChatListItem[] => Array.from({ length: count }, (_, at) => row(from + at));
const listOf = (...pages: ChatListItem[][]) => ({ pages, pageParams: pages.map((_, at) => at + 1) });
const ids = ({ pages }: { pages: ChatListItem[][] }) => pages.map((page) => page.map(({ id }) => Number(id)));

describe('the list of chats with a newer first page', () => {
  it('moves the other rows on, each once, and stays as long', () => {
    const list = withNewest(listOf(rows(0, 60), rows(60, 60)), [row(-1), row(70), ...rows(0, 58)]);
    const [first, second] = ids(list);
    expect(first?.slice(0, 3)).toEqual([-1, 70, 0]);
    expect([first?.length, second?.length]).toEqual([60, 60]);
    expect(second?.slice(0, 3)).toEqual([58, 59, 60]);
    expect(new Set(list.pages.flat().map(({ id }) => id)).size).toBe(120);
  });

  it('keeps all rows when there were no more', () => {
    expect(withNewest(listOf(rows(0, 60), rows(60, 5)), [row(-1), ...rows(0, 59)]).pages.flat()).toHaveLength(66);
    expect(ids(withNewest(listOf(rows(0, 3)), rows(5, 2)))).toEqual([[5, 6]]);
  });
});

describe('the list of chats with a row at its place', () => {
  const at = (id: number, time: number, more: Partial<ChatListItem> = {}) => ({
    ...row(id),
    updated_at: time,
    ...more,
  });
  const times = (from: number, count: number) =>
    rows(from, count).map((one, nth) => ({ ...one, updated_at: 500 - from - nth }));

  it('goes where its time belongs, once, and no page gets longer or shorter', () => {
    const list = withRow(listOf(times(0, 60), times(60, 60)), at(70, 600));
    expect(ids(list)[0]?.slice(0, 2)).toEqual([70, 0]);
    expect(list.pages.map(({ length }) => length)).toEqual([60, 60]);
    expect(new Set(list.pages.flat().map(({ id }) => id)).size).toBe(120);
    expect(ids(withRow(listOf(times(0, 3)), at(9, 499)))).toEqual([[0, 9, 1, 2]]);
    expect(ids(withRow(listOf([]), at(9, 1)))).toEqual([[9]]);
    // Of three chats of one second, the last has a new title.
    expect(ids(withRow(listOf([at(1, 5), at(2, 5), at(3, 5)]), at(3, 5, { title: 'Told' })))).toEqual([[1, 2, 3]]);
  });

  it('stays away when it is older than what is listed, or in the archive', () => {
    const list = listOf(times(0, 60));
    expect(withRow(list, at(99, 1))).toBe(list);
    expect(ids(withRow(listOf(times(0, 3)), at(99, 1)))).toEqual([[0, 1, 2, 99]]);
    expect(withRow(list, at(99, 900, { archived: true }))).toBe(list);
  });
});

describe('events of the live socket', () => {
  let client: QueryClient;
  let events: EventApplier;
  let finished: Store<FinishedChat | undefined>;
  let asked: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    client = new QueryClient();
    finished = new Store<FinishedChat | undefined>(undefined);
    events = new EventApplier(client, new Store<News>(new Map()), finished);
    client.setQueryData(CHATS_KEY, listOf(rows(0, 60), rows(60, 60)));
    vi.stubGlobal('fetch', (address: string) => {
      asked.push(address);
      return Promise.resolve(new Response(JSON.stringify([row(-1), ...rows(0, 59)])));
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const shown = () => client.getQueryData<ReturnType<typeof listOf>>(CHATS_KEY)!;

  it('change a row where it is, and ask for nothing', async () => {
    events.apply({ chat_id: '61', data: { type: 'chat:active', data: { active: true } } });
    events.apply({ chat_id: '61', data: { type: 'chat:title', data: 'Named' } });
    events.apply({ chat_id: '61', message_id: 'm', data: { type: 'status', data: { action: 'x', done: true } } });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(shown().pages[1]?.[1]).toMatchObject({ active: true, title: 'Named' });
    expect(shown().pages[0]).toEqual(rows(0, 60));
    expect(asked).toEqual([]);
  });

  it('place a row that they carry, in the list and among the pinned ones, and ask for nothing', async () => {
    client.setQueryData(PINNED_KEY, [{ ...row(200), pinned: true, updated_at: 5 }]);
    const told = { ...row(61), title: 'Told', updated_at: 9, pinned: true };
    events.apply({ chat_id: '61', data: { type: 'chat:list', data: { chat_id: '61', chat: told } } });
    expect(shown().pages[0]?.[0]).toEqual(told);
    expect(client.getQueryData<ChatListItem[]>(PINNED_KEY)?.map(({ id }) => id)).toEqual(['61', '200']);
    const put = { ...told, archived: true, pinned: false };
    events.apply({ chat_id: '61', data: { type: 'chat:list', data: { chat_id: '61', chat: put } } });
    expect(client.getQueryData<ChatListItem[]>(PINNED_KEY)?.[0]).toEqual(put);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toEqual([]);
  });

  it('read all lists again, once, when another page pinned or archived chats', async () => {
    let reads = 0;
    const queryFn = () => Promise.resolve([{ ...row(200), pinned: true, title: `Read ${++reads}` }]);
    const stop = new QueryObserver(client, { queryKey: PINNED_KEY, queryFn }).subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    const tell = (chat: ChatListItem) =>
      events.apply({ chat_id: chat.id, data: { type: 'chat:list', data: { chat_id: chat.id, chat } } });
    for (const same of [row(61), { ...row(61), pinned: false, archived: false }, { ...row(300), pinned: false }])
      tell(same);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(reads).toBe(1);
    for (const other of [
      { ...row(5), archived: true },
      { ...row(61), pinned: true },
      { ...row(301), pinned: true },
    ])
      tell(other);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(reads).toBe(2);
    stop();
  });

  it('name an open chat that was renamed on another page', () => {
    client.setQueryData(chatKey('61'), { title: 'Chat 61', pinned: false });
    events.apply({
      chat_id: '61',
      data: { type: 'chat:list', data: { chat_id: '61', chat: { ...row(61), title: 'Told' } } },
    });
    expect(client.getQueryData(chatKey('61'))).toEqual({ title: 'Told', pinned: false });
  });

  it('tell which chat is finished, and that a chat was read on another page, and ask for nothing', async () => {
    const isNew = () => isUnread(shown().pages[0]![3]!, 9);
    client.setQueryData(
      CHATS_KEY,
      listOf([...rows(0, 3), { ...row(3), title: 'Three', updated_at: 9, last_read_at: 7 }]),
    );
    expect(isNew()).toBe(true);
    events.apply({ chat_id: '3', data: { type: 'chat:list', data: { chat_id: '3', last_read_at: 9 } } });
    expect(isNew()).toBe(false);
    events.apply({ chat_id: '3', data: { type: 'chat:active', data: { active: true } } });
    expect(finished.get()).toBeUndefined();
    let told = 0;
    finished.subscribe(() => (told += 1));
    // Each answer once, however often its end is told.
    for (const message_id of ['a', 'a', 'b', 'a'])
      events.apply({ chat_id: '3', message_id, data: { type: 'chat:active', data: { active: false } } });
    expect([finished.get(), told]).toEqual([{ id: '3', title: 'Three' }, 2]);
    // It is gone on with.
    for (const active of [true, false])
      events.apply({ chat_id: '3', message_id: 'a', data: { type: 'chat:active', data: { active } } });
    expect(told).toBe(3);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toEqual([]);
    // It is as if a chat that was never opened, such as an imported one, had been read.
    expect(isUnread({ ...row(4), updated_at: 9, last_read_at: null }, 0)).toBe(false);
    expect(isUnread({ ...row(4), updated_at: 9, last_read_at: 7 }, 10)).toBe(false);
  });

  it('read a chat again that is being read for the first time, and was another one then', async () => {
    const replies: ((text: string) => void)[] = [];
    const queryFn = () => new Promise<string>((resolve) => replies.push(resolve));
    const observer = new QueryObserver(client, { queryKey: chatKey('a'), queryFn });
    const stop = observer.subscribe(() => undefined);
    events.apply({ chat_id: 'a', data: { type: 'chat:active', data: { active: false } } });
    await vi.waitFor(() => expect(replies).toHaveLength(2));
    replies[0]?.('half');
    replies[1]?.('whole');
    await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe('whole'));
    stop();
  });

  it('read the list again when it was being read as a row came', async () => {
    client.clear();
    const replies: ((list: ReturnType<typeof listOf>) => void)[] = [];
    const queryFn = () => new Promise<ReturnType<typeof listOf>>((resolve) => replies.push(resolve));
    const stop = new QueryObserver(client, { queryKey: CHATS_KEY, queryFn }).subscribe(() => undefined);
    events.apply({ chat_id: '7', data: { type: 'chat:list', data: { chat_id: '7', chat: row(7) } } });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(replies).toHaveLength(2);
    replies[0]?.(listOf([]));
    replies[1]?.(listOf([row(7)]));
    await vi.waitFor(() => expect(shown().pages[0]).toEqual([row(7)]));
    stop();
  });

  it('read the newest chats once, however many came at that moment and however long the list is', async () => {
    for (let at = 0; at < 20; at++)
      events.apply({ chat_id: '-1', data: { type: 'chat:list', data: { chat_id: '-1' } } });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toEqual([expect.stringContaining('page=1')]);
    expect(ids(shown()).flat().slice(0, 3)).toEqual([-1, 0, 1]);
    expect(shown().pages.map(({ length }) => length)).toEqual([60, 60]);
  });
});
