import { type LiveSocket, openLiveSocket } from '@perennial/web-client';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { SESSION_KEY } from '../auth/use-session';
import { Store } from '../ui/store';
import { type News, takeNews } from './answer-news';
import { chatKey, CHATS_KEY } from './chat-queries';

interface Live {
  connected: boolean;
  /** The socket's id, or a placeholder while it is disconnected: a turn is answered anyway. */
  sessionId(): string;
  /** News about documents of answers that are being written. */
  news: Store<News>;
}

const LiveContext = createContext<Live>({ connected: true, sessionId: () => '', news: new Store<News>(new Map()) });

/** The page's live socket: its state, and what a turn needs of it. */
export function useLive(): Live {
  return useContext(LiveContext);
}

const OFFLINE_SESSION = 'offline';

/** Keeps the live socket open and refreshes the page with its events. */
export function LiveProvider({ token, children }: { token: string; children: ReactNode }) {
  const client = useQueryClient();
  const [connected, setConnected] = useState(true);
  const [socket, setSocket] = useState<LiveSocket>();
  const [news] = useState(() => new Store<News>(new Map()));

  useEffect(() => {
    const live = openLiveSocket(token);
    setSocket(live);
    let wasDown = false;
    live.onConnected((up) => {
      setConnected(up);
      // Reads everything again, since events were missed; the session may have ended too.
      if (up && wasDown) void client.invalidateQueries();
      if (!up) void client.invalidateQueries({ queryKey: SESSION_KEY });
      wasDown = !up;
    });
    live.onEvent((event) => {
      if (event.data.type === 'response:completion') return;
      takeNews(news, event);
      void client.invalidateQueries({ queryKey: CHATS_KEY });
      if (event.data.type === 'chat:active' || event.data.type === 'chat:title') {
        void client.invalidateQueries({ queryKey: chatKey(event.chat_id) });
      }
    });
    return () => live.close();
  }, [token, client, news]);

  return (
    <LiveContext value={{ connected, sessionId: () => socket?.sessionId || OFFLINE_SESSION, news }}>
      {children}
    </LiveContext>
  );
}
