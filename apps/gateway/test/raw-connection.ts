import { connect, type Socket } from 'node:net';

/** A raw connection for any bytes, including those that no HTTP client sends. */
export class RawConnection {
  /** Everything received, byte for byte. */
  received = '';
  readonly closed: Promise<void>;
  private readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (data) => (this.received += data.toString('latin1')));
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  send(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  /** Stops reading, so that the sender's data piles up there. */
  stopReading(): this {
    this.socket.pause();
    return this;
  }

  /** Ends with a reset, like a killed peer. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** The head of a request. */
export function head(line: string, headers: Record<string, string | number> = {}): string {
  const all = { Host: 'gateway.example', ...headers };
  const fields = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${fields.join('')}\r\n`;
}

/** The head of a WebSocket handshake at Socket.IO's address. */
export function handshake(headers: Record<string, string> = {}, path = '/ws/socket.io/'): string {
  return head(`GET ${path}?EIO=4&transport=websocket`, {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  });
}

/** A text frame as a client sends it (masked, with a mask of zeros). */
export function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const length = Buffer.alloc(payload.length < 126 ? 2 : 4);
  length[0] = 0x81;
  if (payload.length < 126) {
    length[1] = 0x80 | payload.length;
  } else {
    length[1] = 0x80 | 126;
    length.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([length, Buffer.alloc(4), payload]);
}
