import {
  type ClientSocketEvents,
  type ServerSocketEvents,
  SOCKET_EVENT,
  SOCKET_PATH,
  type SocketEvent,
} from '@perennial/contracts-gateway';
import { io, type Socket } from 'socket.io-client';

const HEARTBEAT_MS = 30_000;

/** The account's socket for changes in any chat. The text of an answer comes by `followRun`, which has a cursor. */
export interface LiveSocket {
  /** The session id for a turn; empty while disconnected. */
  readonly sessionId: string;
  onEvent(listener: (event: SocketEvent) => void): () => void;
  onConnected(listener: (connected: boolean) => void): () => void;
  close(): void;
}

/** Opens the socket and keeps it open. `token` is the session's token. */
export function openLiveSocket(token: string): LiveSocket {
  const socket: Socket<ServerSocketEvents, ClientSocketEvents> = io({
    path: SOCKET_PATH,
    transports: ['websocket'],
    auth: { token },
    reconnectionDelay: 300,
    reconnectionDelayMax: 3_000,
  });
  // A draining server disconnects, which the library treats as final.
  socket.on('disconnect', (reason) => {
    if (reason === 'io server disconnect') setTimeout(() => socket.connect(), 500);
  });
  const heartbeat = setInterval(() => socket.connected && socket.emit('heartbeat', {}), HEARTBEAT_MS);

  return {
    get sessionId() {
      return socket.id ?? '';
    },
    onEvent(listener) {
      socket.on(SOCKET_EVENT, listener);
      return () => socket.off(SOCKET_EVENT, listener);
    },
    onConnected(listener) {
      const up = () => listener(true);
      const down = () => listener(false);
      socket.on('connect', up).on('disconnect', down).on('connect_error', down);
      return () => socket.off('connect', up).off('disconnect', down).off('connect_error', down);
    },
    close() {
      clearInterval(heartbeat);
      socket.removeAllListeners('disconnect');
      socket.disconnect();
    },
  };
}
