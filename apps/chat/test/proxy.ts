import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

/** What a proxy does with what passes. */
export interface ProxyRule {
  /**
   * Called for each piece of a client's data. `lose-reply`: the server gets it, the reply is lost, the connection breaks. `hold-reply`: the
   * server gets it and all that follows, the client gets the replies when `release` is called.
   */
  judge(piece: Buffer): 'pass' | 'lose-reply' | 'hold-reply';
}

/** A TCP proxy in front of a store, with which tests break connections at an exact statement. */
export class Proxy {
  /** Connections broken so far. */
  broken = 0;
  rule: ProxyRule = { judge: () => 'pass' };
  /** Functions that send on the data held back now. */
  private readonly heldBack = new Set<() => void>();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    private readonly target: URL,
  ) {}

  static async start(url: string): Promise<Proxy> {
    const target = new URL(url);
    const server = createServer((socket) => proxy.serve(socket));
    const proxy = new Proxy(server, target);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The store's address through the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Replies that are held back. */
  get held(): number {
    return this.heldBack.size;
  }

  release(): void {
    for (const give of this.heldBack) give();
    this.heldBack.clear();
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(client: Socket): void {
    const store = createConnection({ host: this.target.hostname, port: Number(this.target.port) });
    let deaf = false;
    let held: Buffer[] | undefined;
    const give = (): void => {
      for (const piece of held ?? []) client.write(piece);
      held = undefined;
    };
    const end = (): void => {
      client.destroy();
      store.destroy();
    };
    for (const socket of [client, store]) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        this.sockets.delete(socket);
        end();
      });
    }
    store.on('data', (piece) => {
      if (held) held.push(piece);
      else if (!deaf) client.write(piece);
    });
    client.on('data', (piece: Buffer) => {
      const judgement = deaf ? 'pass' : this.rule.judge(piece);
      if (judgement === 'hold-reply') {
        held ??= [];
        this.heldBack.add(give);
      }
      store.write(piece);
      if (judgement !== 'lose-reply') return;
      deaf = true;
      this.broken += 1;
      // Long enough for the store to execute the statement.
      setTimeout(end, 150);
    });
  }
}
