import type { SocketEvent } from '@perennial/contracts-gateway';
import type { QueryClient } from '@tanstack/react-query';
import type { Store } from '../state/store';
import { type News, takeNews } from './answer-news';
import { patchRow, patchTitle, refreshChat, refreshRecent } from './chat-cache';

/** Events of the same moment, such as those of an end, are one request. */
const COLLECT_MS = 250;

/** Brings the events of the live socket into the page: it changes what the page has, and asks the server only for what an event does not say. */
export class EventApplier {
  private readonly listed = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: QueryClient,
    private readonly news: Store<News>,
  ) {}

  apply(event: SocketEvent): void {
    const { chat_id: chatId, data } = event;
    switch (data.type) {
      case 'status':
      case 'chat:completion':
        return takeNews(this.news, event);
      case 'chat:active':
        patchRow(this.client, chatId, { active: data.data.active });
        // An answer has begun or is stored.
        void refreshChat(this.client, chatId);
        return;
      case 'chat:title':
        return patchTitle(this.client, chatId, data.data);
      case 'chat:list':
        return this.list(data.data.chat_id);
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

  /** A chat was made, answered, renamed or deleted: the event does not say what. */
  private list(chatId: string): void {
    this.listed.add(chatId);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const changed = [...this.listed];
      this.listed.clear();
      void refreshRecent(this.client, changed);
    }, COLLECT_MS);
  }
}

/** A server that is newer than this page may send more. */
function assertNever(_event: never): void {
  return undefined;
}
