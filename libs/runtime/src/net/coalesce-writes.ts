import type { Socket } from 'node:net';

/** When what has been written goes out: at the end of the callback that wrote it, or when all input that waits has been read. */
export type Coalescing = 'callback' | 'turn';

/**
 * Joins the writes of one callback (or of one turn of the event loop) into one: clients of Postgres and Redis, and servers of
 * sockets, write each small message by itself, and what a write costs here and at its reader hardly depends on its length.
 * `turn` joins more under load and may wait for the callbacks that are due already.
 * @returns the socket itself
 */
export function coalesceWrites(socket: Socket, until: Coalescing = 'callback'): Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const later = until === 'turn' ? setImmediate : process.nextTick;
  let held = false;
  const release = (): void => {
    held = false;
    socket.uncork();
  };
  socket.write = ((...args: unknown[]): boolean => {
    if (!held) {
      held = true;
      socket.cork();
      later(release);
    }
    return write(...args);
  }) as Socket['write'];
  return socket;
}
