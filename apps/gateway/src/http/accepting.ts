import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer, type ListenOptions, type Server as NetServer, type Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Node's own, which its types do not know yet. */
type Listening = ListenOptions & { reusePort?: boolean };

/**
 * Sockets that listen at the port. Node accepts one connection of each in a turn of its event loop, so a busy process that has one only lets
 * whoever comes anew wait behind all others who do.
 */
const SOCKETS = 16;
/**
 * Connections that the kernel queues until we accept them; at most `net.core.somaxconn`. With Node's 511 a burst of connections fills the
 * queue, and later clients wait 30 s and are reset.
 */
const ACCEPT_QUEUE = 4_096;

/**
 * Makes the application listen, where Node and the system can with several sockets (`SO_REUSEPORT`: the kernel spreads connections over them).
 * They stop listening with the application's own server.
 *
 * @throws EADDRINUSE when the port is taken, also by a process that would share it
 */
export async function listen(app: NestFastifyApplication, port: number, host: string): Promise<void> {
  const canShare = canSharePorts(process.platform, process.versions.node);
  if (canShare) await claim(port, host);
  const http = app.getHttpServer() as Server;
  const options: Listening = { host, backlog: ACCEPT_QUEUE, ...(canShare ? { reusePort: true } : {}) };
  await app.listen({ ...options, port });
  if (!canShare) return;
  const shared = { ...options, port: (http.address() as AddressInfo).port };
  const others = await Promise.all(Array.from({ length: SOCKETS - 1 }, () => listenBeside(http, shared)));
  const close = http.close.bind(http);
  http.close = (callback) => {
    for (const other of others) other.close();
    return close(callback);
  };
}

/** Node since 22.12 and 23.1; of the systems that can, only Linux spreads connections over the sockets. */
export function canSharePorts(platform: NodeJS.Platform, node: string): boolean {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isNew = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  return platform === 'linux' && isNew;
}

/** Two processes of one user could share a port without noticing: a socket that cannot share tells. */
async function claim(port: number, host: string): Promise<void> {
  const socket = await listening(createServer(), { port, host });
  await new Promise((resolve) => socket.close(resolve));
}

/** A further listening socket, whose connections are the HTTP server's. */
async function listenBeside(http: Server, options: Listening): Promise<NetServer> {
  // As Node's HTTP server treats its own sockets.
  const settings = { allowHalfOpen: true, noDelay: true };
  const server = createServer(settings, (socket: Socket) => void http.emit('connection', socket));
  await listening(server, options);
  return server.on('error', (error) => void http.emit('error', error));
}

/** @throws what keeps it from listening, such as EADDRINUSE */
async function listening(server: NetServer, options: Listening): Promise<NetServer> {
  server.listen(options);
  await once(server, 'listening');
  return server;
}
