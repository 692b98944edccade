import { join } from 'node:path';
import { ROOT } from '@perennial/launcher';
import { freePort, ManagedProcess, waitFor } from '@perennial/testing/servers';
import { http } from '../support/http';
import { type Load, providerLoad } from './load';
import { cpuSeconds } from './meters';

/**
 * CPU-seconds per million tokens of a bare relay between the provider and its readers, warm: the reference for this machine at this moment.
 */
export async function bareRelay(providerUrl: string, streams: number, load: Load): Promise<number> {
  const port = await freePort();
  const relay = new ManagedProcess({
    name: 'bare-relay',
    command: process.execPath,
    args: [join(ROOT, 'e2e/dist/bare-relay.js'), String(port), new URL(providerUrl).port],
  });
  relay.start();
  try {
    const url = `http://127.0.0.1:${port}`;
    const isUp = () => http('GET', `${url}/sim/stats`).then(({ status }) => status === 200);
    await waitFor(() => isUp().catch(() => false), { what: 'the bare relay to answer' });
    await providerLoad(url, streams, load);
    const before = cpuSeconds(relay.pid, false);
    const { tokens } = await providerLoad(url, streams, load);
    return ((cpuSeconds(relay.pid, false) - before) * 1e6) / tokens;
  } finally {
    await relay.stop();
  }
}
