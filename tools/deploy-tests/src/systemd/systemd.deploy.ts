import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT, SERVICES } from '@perennial/launcher';
import { freePort, installedProgram, ManagedProcess, startRedis } from '@perennial/local-runtime/servers';
import { missingServer } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const execute = promisify(execFile);

/** Of 10; a service without hardening has 9.6. */
const MOST_EXPOSED = 2;

let analyze: string;
const missing = await missingServer('systemd units', async () => {
  analyze = await installedProgram('systemd-analyze', 'systemd');
});

/** Where the units are, beside those of the machine. Node is the one that runs this test. */
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'perennial-units-'));
  await cp(join(ROOT, 'deploy/systemd'), folder, { recursive: true });
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll('/usr/bin/node', process.execPath));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function systemdAnalyze(...args: string[]): Promise<string> {
  // The colon at the end: and the machine's own units.
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:`, SYSTEMD_COLORS: '0' };
  const { stdout, stderr } = await execute(analyze, args, { env });
  return stdout + stderr;
}

describe.skipIf(missing !== undefined)('systemd', () => {
  it.each(SERVICES)('has nothing to say about perennial-%s@1, and finds it hardened', async (service) => {
    expect(await systemdAnalyze('verify', `perennial-${service}@1.service`, 'perennial.target')).toBe('');
    const unit = join(folder, `perennial-${service}@.service`);
    const report = await systemdAnalyze('security', '--offline=true', '--no-pager', unit);
    expect(Number(/exposure level[^:]*: ([\d.]+)/.exec(report)?.[1])).toBeLessThan(MOST_EXPOSED);
  });

  it('refuses a planted error', async () => {
    const text = readFileSync(join(folder, 'perennial-auth@.service'), 'utf8');
    writeFileSync(join(folder, 'perennial-planted@.service'), text.replace('TimeoutStopSec=15', 'TimeoutStopSec=soon'));
    expect(await systemdAnalyze('verify', 'perennial-planted@1.service')).toContain('Failed to parse time value');
  });

  it('every service has a unit and ports of its own, and more time to stop than its grace', () => {
    const units = SERVICES.map((service) => readFileSync(join(folder, `perennial-${service}@.service`), 'utf8'));
    const ports = units.flatMap((unit) => [...unit.matchAll(/PORT=(\d+)%i/g)].map(([, port]) => port));
    expect(new Set(ports).size).toBe(SERVICES.length + 1);
    const graceSeconds = { gateway: 15, auth: 10, chat: 120, retrieval: 10, config: 10 };
    for (const [index, service] of SERVICES.entries()) {
      expect(units[index]).toContain(`/opt/perennial/${service}/${service}/dist/main.js`);
      const stop = Number(/TimeoutStopSec=(\d+)/.exec(units[index] ?? '')?.[1]);
      expect(stop, service).toBeGreaterThan(graceSeconds[service]);
    }
  });
});

describe('health.mjs', () => {
  const check = (port: number, args: readonly string[] = [], env: Record<string, string> = {}): Promise<unknown> =>
    execute(process.execPath, [join(ROOT, 'deploy/images/health.mjs'), ...args], {
      env: { HEALTH_PORT: String(port), ...env },
    });

  it('does not wait for a process that has ended', async () => {
    const ended = execute(process.execPath, ['--eval', '']);
    await ended;
    const env = { MAINPID: String(ended.child.pid) };
    // Longer than this test may take.
    await expect(check(await freePort(), ['--wait', '600'], env)).rejects.toMatchObject({ code: 1 });
  });

  it('waits until a process has started, and calls it healthy when its Redis is gone', async () => {
    const [port, redis] = [await freePort(), await startRedis({})];
    const gateway = new ManagedProcess({
      name: 'gateway',
      command: process.execPath,
      args: [join(ROOT, 'apps/gateway/dist/main.js')],
      stopSignal: 'SIGINT',
      env: { HEALTH_PORT: String(port), PORT: '0', REDIS_URL: redis.url, SECRET_KEY: 'a secret of this test' },
    });
    try {
      await expect(check(port)).rejects.toMatchObject({ code: 1 });
      const waiting = check(port, ['--wait', '30']);
      gateway.start();
      await waiting;
      await redis.stop();
      await check(port);
    } finally {
      await gateway.stop();
      await redis.stop();
    }
  });
});
