import { type LiveSocket, openLiveSocket } from '@perennial/web-client';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { SESSION_KEY } from '../auth/use-session';
import { Store, useStore } from '../state/store';
import { type AnswerNews, type News } from './answer-news';
import { EventApplier } from './apply-event';

const OFFLINE_SESSION = 'offline';

/** The page's live socket, for as long as the page is shown. What changes in it is in stores, so that the context itself never changes. */
class Live {
  readonly connected = new Store(true);
  /** News about documents of answers that are being written. */
  readonly news = new Store<News>(new Map());
  private socket: LiveSocket | undefined;

  /** The socket's id, or a placeholder while it is disconnected: a turn is answered anyway. */
  sessionId(): string {
    return this.socket?.sessionId || OFFLINE_SESSION;
  }

  use(socket: LiveSocket): void {
    this.socket = socket;
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

/** Keeps the live socket open and refreshes the page with its events. */
export function LiveProvider({ token, children }: { token: string; children: ReactNode }) {
  const client = useQueryClient();
  const [live] = useState(() => new Live());

  useEffect(() => {
    const socket = openLiveSocket(token);
    const events = new EventApplier(client, live.news);
    live.use(socket);
    let wasDown = false;
    socket.onConnected((up) => {
      live.connected.set(up);
      // Reads everything again, since events were missed; the session may have ended too.
      if (up && wasDown) void client.invalidateQueries();
      if (!up) void client.invalidateQueries({ queryKey: SESSION_KEY });
      wasDown = !up;
    });
    socket.onEvent((event) => events.apply(event));
    return () => socket.close();
  }, [token, client, live]);

  return <LiveContext value={live}>{children}</LiveContext>;
}
