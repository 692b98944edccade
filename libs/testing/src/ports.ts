import { createServer } from 'node:net';
import { waitFor } from './wait';

/** A TCP port of the loopback address that is free now. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** Whether a server could listen on this port now. */
export function portIsFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** Waits until the port is free: a server left over from an earlier test would give the next one false results. */
export async function waitForFreePort(port: number, host = '127.0.0.1', timeoutMs = 5_000): Promise<void> {
  await waitFor(() => portIsFree(port, host), { timeoutMs, what: `port ${port} to become free` });
}
