import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePort, ManagedProcess, runToEnd } from '@perennial/testing';
import { SECRET } from './edge';

const ROOT = resolve(import.meta.dirname, '../../..');

export interface Bundle {
  dir: string;
  remove(): Promise<void>;
}

/** The gateway as it is shipped, built from the sources as they are now, in a directory from where npm packages are found. */
export async function buildGateway(): Promise<Bundle> {
  const dir = join(ROOT, 'node_modules/.cache/perennial', `gateway-${randomBytes(6).toString('hex')}`);
  await runToEnd({
    name: 'vite build',
    command: process.execPath,
    args: [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--outDir', dir, '--logLevel', 'error'],
    cwd: join(ROOT, 'apps/gateway'),
  });
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** A gateway as a process of its own, started and ready. */
export async function startGatewayProcess(
  bundle: Bundle,
  variables: Record<string, string>,
): Promise<{ url: string; process: ManagedProcess }> {
  const [port, healthPort] = [await freePort(), await freePort()];
  const gateway = new ManagedProcess({
    name: 'gateway',
    command: process.execPath,
    args: ['--import', join(bundle.dir, 'telemetry.js'), join(bundle.dir, 'main.js')],
    env: {
      NODE_ENV: 'test',
      SECRET_KEY: SECRET,
      PORT: String(port),
      HEALTH_PORT: String(healthPort),
      LOG_LEVEL: 'warn',
      ...variables,
    },
  });
  gateway.start();
  const ready = async () => (await fetch(`http://127.0.0.1:${healthPort}/health/ready`)).ok;
  await gateway.waitUntil(ready, 'it is ready');
  return { url: `http://127.0.0.1:${port}`, process: gateway };
}

/** Watches the resident memory of a process; `stop` gives what it had at first and at most, in MiB. */
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
