import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from './wait';

/** Below the ports that Linux gives to outgoing connections (from 32768 on): one of those could take the port before its server does. */
const FIRST = 10_000;
const LAST = 32_767;
/** Milliseconds for which a port belongs to who asked for it: until then its server listens. */
const RESERVED_MS = 120_000;
const RESERVATIONS = join(tmpdir(), `perennial-ports-${process.getuid?.() ?? 'user'}`);

/** A TCP port of the loopback address that is free, and that no other process of this user is given for two minutes. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  await mkdir(RESERVATIONS, { recursive: true });
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if ((await reserve(join(RESERVATIONS, String(port)))) && (await portIsFree(port, host))) return port;
  }
}

/** The file of a port is made by one process only. A lapsed one is removed, and its port left for the next who finds it. */
async function reserve(file: string): Promise<boolean> {
  try {
    await writeFile(file, '', { flag: 'wx' });
    return true;
  } catch {
    const made = await stat(file).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > RESERVED_MS) await rm(file, { force: true });
    return false;
  }
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
