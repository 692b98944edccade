import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, ManagedProcess } from '@perennial/testing';
import { SECRET } from './edge';

/** A gateway as a process of its own, started and ready. */
export async function startGatewayProcess(
  bundle: string,
  variables: Record<string, string>,
): Promise<{ url: string; process: ManagedProcess }> {
  const [port, healthPort] = [await freePort(), await freePort()];
  const gateway = new ManagedProcess({
    name: 'gateway',
    command: process.execPath,
    args: ['--import', join(bundle, 'telemetry.js'), join(bundle, 'main.js')],
    env: {
      NODE_ENV: 'test',
      SECRET_KEY: SECRET,
      PORT: String(port),
      HEALTH_PORT: String(healthPort),
      LOG_LEVEL: 'warn',
      SHUTDOWN_DELAY_MS: '0',
      ...variables,
    },
  });
  gateway.start();
  const ready = async () => (await fetch(`http://127.0.0.1:${healthPort}/health/ready`)).ok;
  await gateway.waitUntil(ready, 'it is ready');
  return { url: `http://127.0.0.1:${port}`, process: gateway };
}

/** Watches the resident memory of a process; `stop` returns the first and the largest value, in MiB. */
export async function watchMemory(pid: number): Promise<{ stop(): Promise<{ idle: number; peak: number }> }> {
  const read = async (): Promise<number> => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
  };
  const idle = await read();
  let peak = idle;
  const look = async (): Promise<void> => {
    peak = Math.max(peak, await read().catch(() => 0));
  };
  const timer = setInterval(() => void look(), 50);
  return {
    async stop() {
      clearInterval(timer);
      await look();
      return { idle: Math.round(idle), peak: Math.round(peak) };
    },
  };
}
