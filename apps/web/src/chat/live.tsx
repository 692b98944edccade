import { type LiveListener, LiveSocket } from '@perennial/web-client/live';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { SESSION_KEY } from '../auth/use-session';
import { Store, useStore } from '../state/store';
import { type AnswerNews, type News } from './answer-news';
import { EventApplier, type FinishedChat } from './apply-event';
import { patchRow, refreshRecent } from './chat-cache';
import { PINNED_KEY } from './chat-keys';
import { RUN_READER } from './run-reader';

const OFFLINE_SESSION = 'offline';
/** What the page needs for its first view comes first. */
const LIST_AGAIN_AFTER_MS = 2_000;

/** The page's live socket, for as long as the page is shown. What changes in it is in stores, so that the context itself never changes. */
class Live {
  readonly connected = new Store(true);
  /** The chat whose answer has just ended. */
  readonly finished = new Store<FinishedChat | undefined>(undefined);
  /** News about documents of answers that are being written. */
  readonly news = new Store<News>(new Map());
  private socket: LiveSocket | undefined;
  /** Events may have been missed. */
  private missed = false;

  /** The socket's id, or a placeholder while it is disconnected: a turn is answered anyway. */
  sessionId(): string {
    const id = this.socket?.sessionId;
    if (!id) this.missed = true;
    return id || OFFLINE_SESSION;
  }

  /** The reader has seen what is in a chat: its mark goes, here and on her other pages. */
  markRead(client: QueryClient, chatId: string): void {
    patchRow(client, chatId, { last_read_at: Math.ceil(Date.now() / 1_000), unread: false });
    this.socket?.markRead(chatId);
  }

  /**
   * Keeps a socket open with a session's token.
   *
   * @returns the function that closes it
   */
  open(token: string, client: QueryClient): () => void {
    const events = new EventApplier(client, this.news, this.finished);
    let isFirst = true;
    let rereading: ReturnType<typeof setTimeout> | undefined;
    const reread = () => {
      void refreshRecent(client);
      void client.invalidateQueries({ queryKey: PINNED_KEY });
    };
    const listener: LiveListener = {
      onEvent: (event) => events.apply(event),
      onConnected: (up) => {
        this.connected.set(up);
        if (up && this.missed) void client.invalidateQueries();
        // What came between the reading of the list and the socket was told to nobody.
        else if (up && isFirst) rereading = setTimeout(reread, LIST_AGAIN_AFTER_MS);
        if (up) isFirst = false;
        // The session may have ended.
        if (!up) void client.invalidateQueries({ queryKey: SESSION_KEY });
        this.missed = !up;
      },
    };
    const socket = new LiveSocket(token, listener, RUN_READER);
    this.socket = socket;
    return () => {
      clearTimeout(rereading);
      socket.close();
      this.connected.set(true);
    };
  }
}

const LiveContext = createContext(new Live());

/** The live socket, and what a turn needs of it. */
export function useLive(): Live {
  return useContext(LiveContext);
}

/** Whether the live socket is connected. */
export function useConnected(): boolean {
  return useStore(useLive().connected);
}

/** The news about one answer; other answers' news do not render it. */
export function useNews(messageId: string): AnswerNews | undefined {
  const { news } = useLive();
  return useSyncExternalStore(news.subscribe, () => news.get().get(messageId));
}

/** Keeps the live socket open while there is a session, and brings its events into the page. */
export function LiveProvider({ token, children }: { token: string | undefined; children: ReactNode }) {
  const client = useQueryClient();
  const [live] = useState(() => new Live());
  useEffect(() => (token === undefined ? undefined : live.open(token, client)), [token, client, live]);
  return <LiveContext value={live}>{children}</LiveContext>;
}
