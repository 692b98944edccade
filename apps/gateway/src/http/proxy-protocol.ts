import type { Server } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { Proxies } from './proxies';

/** The longest line of version 1, with its end. */
const MAX_LINE = 107;
const HEADER_MS = 5_000;
const START = 'PROXY ';
const LINE = /^PROXY (?:TCP[46] (\S+) \S+ \d+ \d+|UNKNOWN[^\r]*)\r\n$/;

/**
 * Reads the PROXY protocol (version 1) on connections of these peers: a TCP balancer sends one line with the client's address first, and that
 * address replaces the connection's own. A connection without the line is the peer's own (no HTTP begins like it). From other peers the line
 * is invalid HTTP.
 */
export function readProxyProtocol(http: Server, from: readonly string[]): void {
  if (from.length === 0) return;
  const balancers = new Proxies(from);
  const emit = http.emit.bind(http) as (event: string, ...args: unknown[]) => boolean;
  http.emit = (event: string, ...args: unknown[]): boolean => {
    const [socket] = args as [Socket];
    if (event !== 'connection' || !balancers.trusts(socket.remoteAddress ?? '', 0)) return emit(event, ...args);
    readLine(socket, (client) => {
      if (client !== undefined) Object.defineProperty(socket, 'remoteAddress', { value: client });
      emit('connection', socket);
    });
    return true;
  };
}

/**
 * Calls `next` with the address of the line (undefined if the proxy speaks for itself), and leaves the bytes after it unread.
 */
function readLine(socket: Socket, next: (client: string | undefined) => void): void {
  let seen = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), HEADER_MS);
  const ignore = (): void => undefined;
  const stop = (): void => {
    clearTimeout(timer);
    socket.off('readable', read);
    socket.off('close', stop);
  };
  const read = (): void => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = Buffer.concat([seen, chunk]);
    const start = seen.toString('latin1', 0, START.length);
    if (!START.startsWith(start)) return pass(0, undefined);
    const end = seen.indexOf('\r\n');
    if (end === -1 && seen.length < MAX_LINE) return;
    const line = LINE.exec(seen.toString('latin1', 0, end + 2));
    const client = line?.[1];
    if (line === null || (client !== undefined && isIP(client) === 0)) return void socket.destroy();
    pass(end + 2, client);
  };
  const pass = (from: number, client: string | undefined): void => {
    stop();
    socket.off('error', ignore);
    if (from < seen.length) socket.unshift(seen.subarray(from));
    next(client);
  };
  socket.on('error', ignore);
  socket.on('close', stop);
  socket.on('readable', read);
}
