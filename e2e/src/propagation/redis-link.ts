import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';
/** What a server sends to a subscriber is whole messages, each an array of three bulk strings; on a Cluster they have another name. */
const MESSAGES = [Buffer.from('*3\r\n$7\r\nmessage\r\n'), Buffer.from('*3\r\n$8\r\nsmessage\r\n')];
const NOTICE = Buffer.from(':notice:');
/** The first commands of a connection name it: `<instance>:<label>`. */
const NAME = /SETNAME\r\n\$\d+\r\n([^\r\n]+)/i;

/**
 * A link to the servers of a Redis that loses notices, or stands still for some processes (half-open: nothing arrives and nothing breaks), and
 * heals.
 */
export class RedisLink {
  /** Notices that were not delivered. */
  dropped = 0;
  dropsNotices = false;
  private held = new Set<string>();
  private readonly release = new Set<() => void>();
  private readonly sockets = new Set<Socket>();

  /** By the port that each stands in front of. */
  private readonly fronts = new Map<number, Server>();

  static async open(ports: readonly number[]): Promise<RedisLink> {
    const link = new RedisLink();
    for (const port of ports) {
      const front = createServer((client) => link.join(client, port));
      await new Promise<void>((resolve) => front.listen(0, HOST, resolve));
      link.fronts.set(port, front);
    }
    return link;
  }

  /** The port of the link to the server at `port`. */
  portOf(port: number): number {
    return (this.fronts.get(port)?.address() as AddressInfo).port;
  }

  /** A URL of the servers, through the link. */
  through(url: string): string {
    return url.replace(/:(\d+)(?=[,/]|$)/g, (_, port) => `:${this.portOf(Number(port))}`);
  }

  /** Cuts processes off, by the names of their instances, until `heal`. */
  partition(instances: readonly string[]): void {
    this.held = new Set(instances);
  }

  heal(): void {
    this.held = new Set();
    for (const release of this.release) release();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    for (const front of this.fronts.values()) await new Promise<void>((resolve) => front.close(() => resolve()));
  }

  private join(client: Socket, port: number): void {
    const upstream = connect(port, HOST);
    let name = '';
    const waiting: (() => void)[] = [];
    const pass = (deliver: () => void): void => {
      if (this.held.has(name.split(':', 1)[0] ?? '') || waiting.length > 0) waiting.push(deliver);
      else deliver();
    };
    const release = (): void => waiting.splice(0).forEach((deliver) => deliver());
    this.release.add(release);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        this.sockets.delete(from);
        this.release.delete(release);
      });
    }
    client.on('data', (data) => {
      if (name === '') name = NAME.exec(data.toString('latin1'))?.[1] ?? '';
      pass(() => upstream.write(data));
    });
    let rest: Buffer = Buffer.alloc(0);
    upstream.on('data', (data) => {
      const all = rest.length === 0 ? data : Buffer.concat([rest, data]);
      const loses = this.dropsNotices && name.endsWith(':subscriber');
      const { kept, after, dropped } = loses ? withoutNotices(all) : { kept: all, after: EMPTY, dropped: 0 };
      this.dropped += dropped;
      rest = after;
      if (kept.length > 0) pass(() => client.write(kept));
    });
  }
}

const EMPTY = Buffer.alloc(0);

/** Takes published notices out. Only a subscriber gets messages, and it gets nothing else but short replies. */
function withoutNotices(data: Buffer): { kept: Buffer; after: Buffer; dropped: number } {
  const kept: Buffer[] = [];
  let dropped = 0;
  let from = 0;
  while (from < data.length) {
    if (!isMessageAt(data, from)) {
      // Not a message: up to the next one passes as it is.
      const next = Math.min(...MESSAGES.map((begin) => data.indexOf(begin, from + 1)).filter((at) => at >= 0));
      kept.push(data.subarray(from, next));
      from = Math.min(next, data.length);
      continue;
    }
    const end = endOfMessage(data, from);
    // The rest of this message has not arrived yet.
    if (end === undefined) return { kept: Buffer.concat(kept), after: data.subarray(from), dropped };
    const message = data.subarray(from, end);
    if (message.includes(NOTICE)) dropped += 1;
    else kept.push(message);
    from = end;
  }
  return { kept: Buffer.concat(kept), after: EMPTY, dropped };
}

function isMessageAt(data: Buffer, at: number): boolean {
  return MESSAGES.some((begin) => data.subarray(at, at + begin.length).equals(begin));
}

/** The end of three bulk strings; undefined if it has not arrived. */
function endOfMessage(data: Buffer, start: number): number | undefined {
  let at = start + 4;
  for (let part = 0; part < 3; part += 1) {
    const line = data.indexOf('\r\n', at);
    if (line < 0) return undefined;
    at = line + 2 + Number(data.subarray(at + 1, line).toString('latin1')) + 2;
    if (at > data.length) return undefined;
  }
  return at;
}
