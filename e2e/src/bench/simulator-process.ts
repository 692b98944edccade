import { join } from 'node:path';
import { ROOT } from '@perennial/launcher';
import { freePort, ManagedProcess, waitFor } from '@perennial/testing/servers';
import { http } from '../support/http';

/** The simulator as a separate process, so that its work does not delay the driver's clock. */
export async function startSimulatorProcess(
  models: readonly string[] = [],
): Promise<{ url: string; process: ManagedProcess }> {
  const port = await freePort();
  const simulated = new ManagedProcess({
    name: 'simulator',
    command: process.execPath,
    args: [
      join(ROOT, 'tools/provider-simulator/dist/main.js'),
      ...['--port', String(port)],
      ...(models.length > 0 ? ['--models', models.join(',')] : []),
    ],
  });
  simulated.start();
  const url = `http://127.0.0.1:${port}`;
  await waitFor(async () => (await http('GET', `${url}/sim/stats`).catch(() => ({ status: 0 }))).status === 200, {
    what: 'the simulator to answer',
  });
  return { url, process: simulated };
}
