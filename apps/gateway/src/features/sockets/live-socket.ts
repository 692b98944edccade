import type { Socket } from 'socket.io';
import type { Packet } from './packets';

/** Socket.IO's own broadcasts hand their encoded frame to the WebSocket transport in the same way; its types leave the field out. */
type PacketOptions = { compress: boolean; wsPreEncodedFrame: Buffer[] };

/** Events that a page may send within the window; it needs about two a second. */
const EVENTS_PER_WINDOW = 200;
const WINDOW_MS = 10_000;

/** One socket, written to directly and bounded. */
export class LiveSocket {
  /** Bytes written since the socket last had nothing pending. */
  private waiting = 0;
  private windowStart = 0;
  private eventsInWindow = 0;

  constructor(
    readonly socket: Socket,
    private readonly limit: number,
  ) {}

  /** A socket that does not read is disconnected: its page reconnects and gets the text so far. */
  send(packet: Packet): void {
    const { conn } = this.socket;
    if (conn.transport.writable) this.waiting = 0;
    this.waiting += packet.frame.length;
    if (this.waiting > this.limit) this.cut();
    else conn.write(packet.message, { compress: false, wsPreEncodedFrame: [packet.frame] } as PacketOptions);
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
