import { createConnection, createServer, isIPv6, type Server, type Socket } from 'node:net';

export interface BalancerTarget {
  host: string;
  port: number;
  /** Whether it takes new connections, by its last readiness probe. */
  ready: boolean;
}

const NOBODY_READY =
  'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n' +
  '{"detail":"No gateway is ready. Try again in a second."}';

const CONNECT_TIMEOUT_MS = 1_000;

/**
 * One port in front of several gateways: each new TCP connection goes to the next ready gateway that accepts it. For development; in
 * production use a real load balancer.
 */
export class Balancer {
  private next = 0;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  /**
   * `targets` is read at each connection: its entries may change.
   *
   * @param announce sends them the client's address, in a line of the PROXY protocol (version 1)
   */
  constructor(
    private readonly targets: readonly BalancerTarget[],
    private readonly announce = false,
  ) {}

  /** Listens; rejects with the system's error (`EADDRINUSE`, …). Resolves to the port. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer({ pauseOnConnect: true }, (client) => this.accept(client));
      server.once('error', reject);
      server.listen(port, host, () => {
        const address = server.address();
        resolve(address !== null && typeof address === 'object' ? address.port : port);
      });
      this.server = server;
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.server) return resolve();
      this.server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
  }

  private accept(client: Socket): void {
    this.keep(client);
    client.on('error', () => undefined);
    const start = this.next++;
    const order = this.targets.map((_, at) => this.targets[(start + at) % this.targets.length]);
    // Gateways that were not ready come last: they may be by now.
    const candidates = [...order.filter((target) => target?.ready), ...order.filter((target) => !target?.ready)];
    this.try(
      client,
      candidates.filter((target) => target !== undefined),
    );
  }

  private try(client: Socket, [target, ...rest]: BalancerTarget[]): void {
    if (client.destroyed) return;
    if (!target) {
      client.end(NOBODY_READY);
      client.resume();
      return;
    }
    const upstream = createConnection({ host: target.host, port: target.port, noDelay: true });
    this.keep(upstream);
    upstream.setTimeout(CONNECT_TIMEOUT_MS);
    let connected = false;
    upstream.on('timeout', () => upstream.destroy());
    upstream.on('error', () => undefined);
    upstream.on('close', () => (connected ? client.destroySoon() : this.try(client, rest)));
    upstream.on('connect', () => {
      connected = true;
      upstream.setTimeout(0);
      client.setNoDelay(true);
      if (this.announce) upstream.write(announcementOf(client));
      client.pipe(upstream);
      upstream.pipe(client);
      client.on('close', () => upstream.destroySoon());
      if (client.destroyed) upstream.destroy();
    });
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
  }
}

function announcementOf({ remoteAddress = '', remotePort, localAddress = '', localPort }: Socket): string {
  const [from, to] = [remoteAddress, localAddress].map((address) => address.replace(/^::ffff:(?=\d+\.)/i, ''));
  return `PROXY TCP${isIPv6(from ?? '') ? 6 : 4} ${from} ${to} ${remotePort} ${localPort}\r\n`;
}
