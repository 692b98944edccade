import {
  type ClientSocketEvents,
  type ServerSocketEvents,
  SOCKET_EVENT,
  SOCKET_PATH,
  type SocketEvent,
} from '@perennial/contracts-gateway';
import { io, type Socket } from 'socket.io-client';
import type { ReaderEvent } from './reader-event';

/**
 * One account's socket, like a page's: it reconnects, joins the chats that it shows, and, as it has no cursor, resumes from the cumulative
 * event after a join.
 */
export class SocketReader {
  private readonly socket: Socket<ServerSocketEvents, ClientSocketEvents>;
  private readonly watched = new Map<string, Watched>();
  private closed = false;

  /** @param rejectUnauthorized false: the server's certificate is self-signed */
  constructor(baseUrl: string, token: string, { rejectUnauthorized = true } = {}) {
    this.socket = io(baseUrl, {
      rejectUnauthorized,
      path: SOCKET_PATH,
      transports: ['websocket'],
      auth: { token },
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 500,
    });
    this.socket.on('connect', () => this.rejoin());
    this.socket.on('disconnect', (reason) => {
      if (reason === 'io server disconnect' && !this.closed) setTimeout(() => this.socket.connect(), 100);
    });
    this.socket.on(SOCKET_EVENT, (event) => this.take(event));
  }

  get sessionId(): string {
    return this.socket.id ?? 'reconnecting';
  }

  /** The account of the socket with that token; null: anonymous, without events (the wire lets it stay open). */
  async identity(token: string): Promise<{ id: string; name: string } | null> {
    await this.connected();
    return this.socket.emitWithAck('user-join', { auth: { token } });
  }

  connected(): Promise<void> {
    return this.socket.connected ? Promise.resolve() : new Promise((resolve) => this.socket.once('connect', resolve));
  }

  /** Records the events of one answer, from before its turn is sent. */
  watch(messageId: string, onEvent: (event: ReaderEvent) => void): void {
    this.watched.set(messageId, { onEvent, length: 0, generation: undefined, lost: false, ended: false });
  }

  /** The page shows this chat now: join it, also after each reconnect. */
  show(messageId: string, chatId: string): void {
    const watched = this.watched.get(messageId);
    if (!watched) return;
    watched.chatId = chatId;
    this.join(chatId);
  }

  /** The page shows another chat now: further events are recorded, but the chat is not joined again. */
  hide(messageId: string): void {
    const watched = this.watched.get(messageId);
    if (watched) watched.chatId = undefined;
  }

  /** Closes the connection and opens another one, as a page that is loaded again. */
  reload(): void {
    this.socket.disconnect().connect();
  }

  close(): void {
    this.closed = true;
    this.socket.disconnect();
  }

  private rejoin(): void {
    for (const watched of this.watched.values()) {
      watched.lost = !watched.ended && watched.generation !== undefined;
      watched.onEvent({ at: Date.now(), kind: 'reconnect' });
      if (watched.chatId) this.join(watched.chatId);
    }
  }

  private join(chatId: string): void {
    this.socket.emit('events:chat', { chat_id: chatId, data: { type: 'join' } });
  }

  private take({ message_id: messageId, data }: SocketEvent): void {
    const watched = messageId === undefined ? undefined : this.watched.get(messageId);
    if (!watched) return;
    const at = Date.now();
    const whole = (value: Whole): void => {
      const text = textOf(value);
      watched.generation = value.generation;
      watched.length = text.length;
      watched.lost = false;
      watched.onEvent({ at, kind: 'reset', generation: value.generation, text });
    };
    /** The end has the whole text: a reader with a gap takes it from there. */
    const end = (value: Whole, state: string): void => {
      if (!watched.ended && (watched.lost || watched.generation === undefined)) whole(value);
      watched.ended = true;
      watched.onEvent({ at, kind: 'end', state, text: textOf(value) });
    };
    switch (data.type) {
      case 'response:completion': {
        if (!('type' in data.data)) return;
        const { generation, offset, delta } = data.data;
        // After a reconnect deltas may come before the cumulative event that fills the gap: a page waits for that.
        if (offset > watched.length && (watched.lost || watched.generation === undefined)) return;
        watched.generation = generation;
        watched.length = offset + delta.length;
        watched.lost = false;
        return watched.onEvent({ at, kind: 'delta', generation, offset, text: delta });
      }
      case 'chat:completion':
        if ('done' in data.data) end(data.data, 'completed');
        else if ('output' in data.data) whole(data.data);
        return;
      case 'chat:tasks:cancel':
        return end(data.data, 'cancelled');
      case 'chat:message:error':
        return watched.onEvent({ at, kind: 'end', state: 'failed' });
      default:
        return;
    }
  }
}

interface Whole {
  output: readonly { content: readonly { text?: string }[] }[];
  generation: number;
}

/** The answer is the last item, after its thoughts. */
function textOf({ output }: Whole): string {
  return (
    output
      .at(-1)
      ?.content.map((part) => part.text ?? '')
      .join('') ?? ''
  );
}

interface Watched {
  onEvent: (event: ReaderEvent) => void;
  /** Present while the page shows the chat. */
  chatId?: string | undefined;
  length: number;
  generation: number | undefined;
  /** True from a reconnect until the text is complete again. */
  lost: boolean;
  ended: boolean;
}
