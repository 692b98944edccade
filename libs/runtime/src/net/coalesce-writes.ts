import type { Socket } from 'node:net';

/** When writes are sent: at the end of the callback that wrote, or when all pending input has been read. */
export type Coalescing = 'callback' | 'turn';

/**
 * Joins the writes of one callback (or of one turn of the event loop) into one. Clients of Postgres and Redis, and socket servers, write each
 * small message separately, and the cost of a write hardly depends on its length.
 * `turn` joins more under load and may wait for callbacks that are due.
 *
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
