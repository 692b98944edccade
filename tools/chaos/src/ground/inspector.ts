import type { ManagedProcess } from '@perennial/testing/servers';
import { freePort, waitFor } from '@perennial/testing/servers';
import { WebSocket } from 'undici';

const OPEN_MS = 3_000;

/** The options with which a process opens its inspector on a port of its own when it gets SIGUSR1. They replace the launcher's. */
export async function inspectorOptions(name: string): Promise<{ NODE_OPTIONS: string }> {
  const memory = name.startsWith('retrieval') ? '--max-semi-space-size=2 ' : '';
  return { NODE_OPTIONS: `${memory}--inspect-port=127.0.0.1:${await freePort()}` };
}

/** Blocks the event loop of a process for `ms`: it answers nobody, and its connections stay open. */
export async function blockLoop(process: ManagedProcess, ms: number): Promise<void> {
  const port = /--inspect-port=127\.0\.0\.1:(\d+)/.exec(process.options.env?.['NODE_OPTIONS'] ?? '')?.[1];
  if (port === undefined) throw new Error(`${process.name} has no inspector`);
  process.signal('SIGUSR1');
  const url = await waitFor(
    async () => {
      const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
        webSocketDebuggerUrl: string;
      }[];
      return targets[0]?.webSocketDebuggerUrl;
    },
    { timeoutMs: OPEN_MS, what: `the inspector of ${process.name}` },
  );
  const socket = new WebSocket(url);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error(`the inspector of ${process.name} refused`)));
    // It closes without an answer when the process dies.
    socket.addEventListener('close', () => resolve());
    socket.addEventListener('message', () => resolve());
    socket.addEventListener('open', () => {
      const expression = `for (const end = performance.now() + ${ms}; performance.now() < end; );`;
      socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }));
    });
  });
  socket.close();
}
