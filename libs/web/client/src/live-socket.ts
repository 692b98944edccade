import {
  type ClientSocketEvents,
  type ServerSocketEvents,
  SOCKET_EVENT,
  SOCKET_PATH,
  type SocketAuth,
  type SocketEvent,
} from '@perennial/contracts-gateway';
import type { Socket } from 'socket.io-client';
import type { RunReader } from './run-reader';

const HEARTBEAT_MS = 30_000;
const LOAD_AGAIN_MS = 3_000;
const MARK_TRIES = 4;
const MARK_AGAIN_MS = 1_000;

export interface LiveListener {
  onEvent(event: SocketEvent): void;
  onConnected(connected: boolean): void;
}

/** The account's socket: changes in any chat, and the text of the answers that `runs` reads. */
export class LiveSocket {
  private socket: Socket<ServerSocketEvents, ClientSocketEvents> | undefined;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private isClosed = false;
  /** Chats that were read while it was not connected. */
  private readonly unmarked = new Set<string>();

  /** Opens the socket and keeps it open. `token` is the session's token. */
  constructor(
    private readonly token: string,
    private readonly listener: LiveListener,
    private readonly runs: RunReader,
  ) {
    void this.open();
  }

  /** The session id for a turn; empty while disconnected. */
  get sessionId(): string {
    return this.socket?.id ?? '';
  }

  /** The reader has seen what is in a chat: the server is told as soon as it is connected. */
  markRead(chatId: string, tries = MARK_TRIES): void {
    if (!this.socket?.connected) {
      this.unmarked.add(chatId);
      return;
    }
    const again = (accepted: boolean) => {
      // A server that does not know yet whose socket it is accepts nothing.
      if (!accepted && tries > 1) setTimeout(() => this.markRead(chatId, tries - 1), MARK_AGAIN_MS);
    };
    this.socket.emit('events:chat', { chat_id: chatId, data: { type: 'last_read_at' } }, again);
  }

  close(): void {
    this.isClosed = true;
    this.runs.disconnected();
    clearInterval(this.heartbeat);
    this.socket?.removeAllListeners();
    this.socket?.disconnect();
  }

  /** The library comes after the page: one can read and write before. */
  private async open(): Promise<void> {
    const library = await import('socket.io-client').catch(() => undefined);
    if (this.isClosed) return;
    if (!library) {
      this.listener.onConnected(false);
      setTimeout(() => void this.open(), LOAD_AGAIN_MS);
      return;
    }
    const socket: Socket<ServerSocketEvents, ClientSocketEvents> = library.io({
      path: SOCKET_PATH,
      transports: ['websocket'],
      auth: { token: this.token, text: false } satisfies SocketAuth,
      reconnectionDelay: 300,
      reconnectionDelayMax: 3_000,
    });
    this.socket = socket;
    // A draining server disconnects, which the library treats as final.
    socket.on('disconnect', (reason) => {
      this.runs.disconnected();
      this.listener.onConnected(false);
      if (reason === 'io server disconnect') setTimeout(() => !this.isClosed && socket.connect(), 500);
    });
    socket.on('connect_error', () => this.listener.onConnected(false));
    socket.on('connect', () => {
      this.runs.opened();
      this.listener.onConnected(true);
      for (const chatId of this.unmarked) this.markRead(chatId);
      this.unmarked.clear();
    });
    socket.on(SOCKET_EVENT, (event) => this.listener.onEvent(event));
    socket.on('run:ready', () =>
      this.runs.connected({
        follow: (asked, withinMs) =>
          new Promise((resolve) => {
            socket
              .timeout(withinMs)
              .emit('run:follow', asked, (error, accepted, isGone) =>
                resolve(error ? undefined : isGone ? 'gone' : accepted),
              );
          }),
        leave: (line) => socket.connected && socket.emit('run:leave', line),
      }),
    );
    socket.on('run', (line, cursor, text) => this.runs.text(line, cursor, text));
    socket.on('run:end', (line, end) => this.runs.end(line, end));
    this.heartbeat = setInterval(() => socket.connected && socket.emit('heartbeat', {}), HEARTBEAT_MS);
  }
}
