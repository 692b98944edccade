import type { Socket } from 'socket.io';
import type { Packet } from './packets';

/** Socket.IO's own broadcasts hand their encoded frame to the WebSocket transport in the same way; its types leave the field out. */
type PacketOptions = { compress: boolean; wsPreEncodedFrame: Buffer[] };

/** Events that a page may send within the window; it needs about two a second. */
const EVENTS_PER_WINDOW = 200;
const WINDOW_MS = 10_000;
/** A socket with this much that the kernel has not taken is slow. Fewer bytes wait for a moment at any reader. */
const SLOW_BYTES = 16_384;

/** One socket, written to directly and bounded. */
export class LiveSocket {
  /** Whether it gets the text of all answers; our own page asks for those that it shows (`SocketAuth`). */
  readonly takesText: boolean;
  /** It has much that the kernel has not taken: a writer that can wait writes nothing more until `onDrained`. */
  isSlow = false;
  /** The kernel has taken all that a slow socket had. */
  onDrained: (() => void) | undefined;
  /** Bytes written since the socket last had nothing pending. */
  private waiting = 0;
  /** Those of writers that cannot wait, which the limit is for: a long text is no reason to cut. */
  private pushed = 0;
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
    this.forgetTaken();
    this.pushed += packet.frame.length;
    if (this.pushed > this.limit) this.cut();
    else this.put(packet);
  }

  /** @returns false when the socket is slow */
  write(packet: Packet): boolean {
    this.forgetTaken();
    this.put(packet);
    return !this.isSlow;
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

  /** Engine.IO keeps what the kernel refuses; its transport is writable when it keeps nothing. */
  private forgetTaken(): void {
    if (!this.socket.conn.transport.writable) return;
    this.waiting = 0;
    this.pushed = 0;
  }

  private put({ message, frame }: Packet): void {
    this.waiting += frame.length;
    this.socket.conn.write(message, { compress: false, wsPreEncodedFrame: [frame] } as PacketOptions);
    if (!this.isSlow && this.waiting >= SLOW_BYTES) this.awaitReader();
  }

  private awaitReader(): void {
    const { transport } = this.socket.conn;
    if (transport.writable) return;
    this.isSlow = true;
    const onReady = (): void => {
      // Engine.IO has listened first, and has written what it kept.
      if (!transport.writable) return;
      transport.off('ready', onReady);
      this.isSlow = false;
      this.onDrained?.();
    };
    transport.on('ready', onReady);
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
