import type { FastifyReply } from 'fastify';

const HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // nginx would hold events back until its buffer is full.
  'x-accel-buffering': 'no',
};

/**
 * One reply as server-sent events. It never buffers more than the kernel last refused: the writer stops while it is blocked.
 */
export class EventStream {
  /** `Date.now()` since which the reader has not read; undefined while it does. */
  blockedSince: number | undefined;
  readonly openedAt = Date.now();
  /** Called when the reader has caught up after `write` answered false. */
  onDrained: (() => void) | undefined;
  private begun = false;
  private over: boolean;
  private readonly closeListeners: (() => void)[] = [];

  constructor(private readonly reply: FastifyReply) {
    const { raw } = reply;
    // A reader may have left while its request was looked up: its connection closes only once.
    this.over = raw.destroyed;
    raw.on('drain', () => {
      this.blockedSince = undefined;
      this.onDrained?.();
    });
    raw.once('close', () => {
      this.over = true;
      for (const listener of this.closeListeners.splice(0)) listener();
    });
  }

  get isOver(): boolean {
    return this.over;
  }

  /** Whether the status has been sent: an error can no longer be an HTTP status. */
  get hasBegun(): boolean {
    return this.begun;
  }

  /** Called once, when the reader is gone or the stream has ended. */
  onClose(listener: () => void): void {
    if (this.over) listener();
    else this.closeListeners.push(listener);
  }

  begin(): void {
    if (this.begun || this.over) return;
    this.begun = true;
    this.reply.hijack();
    const { raw } = this.reply;
    raw.writeHead(200, { ...headersOf(this.reply), ...HEAD });
    raw.flushHeaders();
    raw.socket?.setNoDelay(true);
  }

  /** @returns false when the reader is slow: write nothing more until `onDrained` */
  write(text: string): boolean {
    if (this.over) return true;
    this.begin();
    const taken = this.reply.raw.write(text);
    if (!taken) this.blockedSince ??= Date.now();
    return taken;
  }

  /** The caller replies in another way: nothing is written here. */
  decline(): void {
    this.over = true;
  }

  end(): void {
    if (this.over) return;
    this.begin();
    this.over = true;
    this.reply.raw.end();
  }

  /** As `end`, and closes the connection too: the client's next request must reach another replica. */
  endConnection(): void {
    const { socket } = this.reply.raw;
    this.reply.raw.once('finish', () => socket?.end());
    this.end();
  }

  /** Drops the connection of a reader that reads nothing. */
  destroy(): void {
    this.over = true;
    this.reply.raw.destroy();
  }
}

/** Headers that hooks have set on the reply; a hijacked reply does not send them itself. */
function headersOf(reply: FastifyReply): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) headers[name] = typeof value === 'number' ? String(value) : value;
  }
  return headers;
}
