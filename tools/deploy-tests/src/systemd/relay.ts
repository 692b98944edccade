import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

/** A port of this machine, or the path of a Unix socket. */
export type Place = number | string;

/**
 * Hands every connection to `from` on to `to`.
 *
 * @param from 0 takes a free port
 */
export class Relay {
  private constructor(private readonly server: Server) {}

  static async start(from: Place, to: Place): Promise<Relay> {
    const server = createServer({ allowHalfOpen: true }, (near) => {
      const far = typeof to === 'number' ? connect(to, '127.0.0.1') : connect(to);
      near.pipe(far).pipe(near);
      near.on('error', () => far.destroy()).on('close', () => far.destroy());
      far.on('error', () => near.destroy()).on('close', () => near.destroy());
    });
    if (typeof from === 'number') server.listen(from, '127.0.0.1');
    else server.listen(from);
    await once(server, 'listening');
    return new Relay(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server.close();
  }
}
