import type { SocketEvent } from '@perennial/contracts-gateway';
import type { ChatListItem } from '@perennial/contracts-wire';
import type { QueryClient } from '@tanstack/react-query';
import type { Store } from '../state/store';
import { type News, takeNews } from './answer-news';
import { isMoved, patchRow, patchTitle, placeRow, refreshChat, refreshRecent, rereadList, rowOf } from './chat-cache';
import { chatKey, CHATS_KEY } from './chat-keys';

/** Events of the same moment, such as those of an end, are one request. */
const COLLECT_MS = 250;
const MOST_ENDED = 50;

/** A chat whose answer has ended, as the list has it. */
export interface FinishedChat {
  id: string;
  title?: string;
}

/** Brings the events of the live socket into the page: it changes what the page has, and asks the server only for what an event does not say. */
export class EventApplier {
  private readonly listed = new Set<string>();
  /** The last answers whose end was told. */
  private readonly ended = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private rereading: ReturnType<typeof setTimeout> | undefined;
  private moving: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: QueryClient,
    private readonly news: Store<News>,
    private readonly finished: Store<FinishedChat | undefined>,
  ) {}

  apply(event: SocketEvent): void {
    const { chat_id: chatId, data } = event;
    switch (data.type) {
      case 'status':
      case 'chat:completion':
      case 'chat:message:follow_ups':
        return takeNews(this.news, event);
      case 'chat:active':
        patchRow(this.client, chatId, { active: data.data.active });
        if (data.data.active) this.ended.delete(event.message_id ?? '');
        else this.finish(event);
        // An answer has begun or is stored.
        void refreshChat(this.client, chatId);
        return;
      case 'chat:reload':
        void refreshChat(this.client, chatId);
        return;
      case 'chat:title':
        return patchTitle(this.client, chatId, data.data);
      case 'chat:list': {
        const { chat_id: changed, last_read_at: readAt, chat } = data.data;
        if (chat) return this.place(chat);
        if (changed === '') return void this.client.invalidateQueries({ queryKey: CHATS_KEY });
        // It was only read, on another page.
        if (readAt !== undefined && !event.message_id)
          return patchRow(this.client, changed, { last_read_at: readAt, unread: undefined });
        return this.list(changed);
      }
      case 'response:completion':
      case 'chat:tasks:cancel':
      case 'chat:message:error':
      case 'chat:presence':
        // The text of an answer and its end come by its run.
        return;
      default:
        return assertNever(data);
    }
  }

  /** The gateway that streamed an answer and the service that stored it both tell its end. */
  private finish({ chat_id: id, message_id: answerId }: SocketEvent): void {
    if (answerId !== undefined && this.ended.has(answerId)) return;
    if (answerId !== undefined) this.ended.add(answerId);
    const [oldest] = this.ended;
    if (this.ended.size > MOST_ENDED && oldest !== undefined) this.ended.delete(oldest);
    this.finished.set({ id, title: rowOf(this.client, id)?.title });
  }

  /** A list that is being read may not have the row yet: then it is read again. All are when another page pinned or archived a chat. */
  private place(row: ChatListItem): void {
    const moves = isMoved(rowOf(this.client, row.id), row);
    placeRow(this.client, row);
    if (moves)
      this.moving ??= setTimeout(() => {
        this.moving = undefined;
        void this.client.invalidateQueries({ queryKey: CHATS_KEY });
      }, COLLECT_MS);
    if (this.client.isFetching({ queryKey: CHATS_KEY, exact: true }) === 0) return;
    this.rereading ??= setTimeout(() => {
      this.rereading = undefined;
      void rereadList(this.client);
    }, COLLECT_MS);
  }

  /** A chat was made, answered, renamed or deleted: the event does not say what. */
  private list(chatId: string): void {
    this.listed.add(chatId);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const changed = [...this.listed];
      this.listed.clear();
      void refreshRecent(this.client, changed);
      // One that is open is read too: only what is newer.
      for (const id of changed) void this.client.invalidateQueries({ queryKey: chatKey(id), exact: true });
    }, COLLECT_MS);
  }
}

/** A server that is newer than this page may send more. */
function assertNever(_event: never): void {
  return undefined;
}
