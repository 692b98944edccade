import type { Socket } from 'socket.io';
import type { Packet } from './packets';

/** Socket.IO's own broadcasts hand their encoded frame to the WebSocket transport in the same way; its types leave the field out. */
type PacketOptions = { compress: boolean; wsPreEncodedFrame: Buffer[] };

/** Events that a page may send within the window; it needs about two a second. */
const EVENTS_PER_WINDOW = 200;
const WINDOW_MS = 10_000;

/** One socket, written to directly and bounded. */
export class LiveSocket {
  /** Whether it gets the text of all answers; our own page asks for those that it shows (`SocketAuth`). */
  readonly takesText: boolean;
  /** Bytes written since the socket last had nothing pending. */
  private waiting = 0;
  /** The kernel has taken what it refused. */
  onDrained: (() => void) | undefined;
  private isBlocked = false;
  private windowStart = 0;
  private eventsInWindow = 0;

  constructor(
    readonly socket: Socket,
    private readonly limit: number,
  ) {
    this.takesText = (socket.handshake.auth as { text?: unknown }).text !== false;
  }

  /** A socket that does not read is disconnected: its page reconnects and gets the text so far. */
  send(packet: Packet): void {
    const { conn } = this.socket;
    if (conn.transport.writable) this.waiting = 0;
    this.waiting += packet.frame.length;
    if (this.waiting > this.limit) this.cut();
    else this.write(packet);
  }

  /** @returns false when the socket is slow: a writer that can wait writes nothing more until `onDrained` */
  write({ message, frame }: Packet): boolean {
    const { conn } = this.socket;
    conn.write(message, { compress: false, wsPreEncodedFrame: [frame] } as PacketOptions);
    const { socket } = conn.request;
    if (!socket.writableNeedDrain) return true;
    if (!this.isBlocked) {
      this.isBlocked = true;
      socket.once('drain', () => {
        this.isBlocked = false;
        this.onDrained?.();
      });
    }
    return false;
  }

  /** Whether the page may send another event now; events beyond the limit are ignored. */
  mayEmit(now: number = Date.now()): boolean {
    if (now - this.windowStart > WINDOW_MS) {
      this.windowStart = now;
      this.eventsInWindow = 0;
    }
    this.eventsInWindow += 1;
    return this.eventsInWindow <= EVENTS_PER_WINDOW;
  }

  /** Drops the connection, so that the page connects again. */
  cut(): void {
    this.socket.conn.request.socket.destroy();
  }

  /** Closes the connection in order; the page connects again (to another replica). */
  goAway(): void {
    this.socket.conn.close();
  }

  /** The session has ended: the page must not reconnect. */
  end(): void {
    this.socket.disconnect(true);
  }
}
