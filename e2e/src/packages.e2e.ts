import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@perennial/launcher';
import {
  freePort,
  ManagedProcess,
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
} from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** One of each kind, which a process loads as it starts, and asks for nothing until somebody needs it. */
const STORES = {
  s3: { STORAGE_PROVIDER: 's3', S3_BUCKET_NAME: 'files' },
  gcs: { STORAGE_PROVIDER: 'gcs', GCS_BUCKET_NAME: 'files' },
  azure: {
    STORAGE_PROVIDER: 'azure',
    AZURE_STORAGE_ENDPOINT: 'https://acme.blob.core.windows.net',
    AZURE_STORAGE_CONTAINER_NAME: 'files',
    AZURE_STORAGE_KEY: randomBytes(32).toString('base64'),
  },
};
const PLACEMENTS = Object.fromEntries(
  Object.entries(STORES).map(([name, blobs]) => [name, { blobs, vectors: 'default', connections: [] }]),
);

/** Outside the workspace: nothing of its `node_modules` is found from there. */
const out = mkdtempSync(join(tmpdir(), 'perennial-packages-'));
const processes: ManagedProcess[] = [];
let postgres: PostgresServer;
let redis: RedisServer;

beforeAll(async () => {
  const pack = [join(ROOT, 'tools/build/src/pack/main.mjs'), '--out', out, 'auth', 'gateway'];
  [postgres, redis] = await Promise.all([
    startPostgres({}),
    startRedis({}),
    promisify(execFile)(process.execPath, pack, { cwd: ROOT }),
  ]);
});
afterAll(async () => {
  await Promise.all(processes.map((running) => running.stop()));
  await Promise.all([postgres.stop(), redis.stop()]);
  rmSync(out, { recursive: true, force: true });
});

async function start(service: string, secretKey: string): Promise<string> {
  const [port, healthPort] = [await freePort(), await freePort()];
  const running = new ManagedProcess({
    name: service,
    command: process.execPath,
    args: ['--import', `./${service}/dist/telemetry.js`, `./${service}/dist/main.js`],
    cwd: join(out, service),
    cleanEnv: true,
    env: {
      ...{ PATH: process.env['PATH'], NODE_ENV: 'production', SECRET_KEY: secretKey, DATA_DIR: join(out, 'data') },
      ...{ DATABASE_URL: postgres.url, REDIS_URL: redis.url, STORAGE_PROVIDER: 'local' },
      PLACEMENTS: JSON.stringify(PLACEMENTS),
      ...{ HEALTH_HOST: '127.0.0.1', HEALTH_PORT: String(healthPort), HOST: '127.0.0.1', PORT: String(port) },
    },
  });
  processes.push(running);
  running.start();
  const ready = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${healthPort}/health/ready`)).ok;
  await running.waitUntil(() => ready().catch(() => false), 'it was ready', 60_000);
  return `http://127.0.0.1:${port}`;
}

describe('packed services', () => {
  it('run alone, outside the workspace, with every kind of store: the page, and a sign-up from the gateway to auth', async () => {
    const secretKey = randomBytes(32).toString('base64url');
    const [, gateway] = await Promise.all([start('auth', secretKey), start('gateway', secretKey)]);
    const page = await fetch(gateway, { headers: { accept: 'text/html' } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<div id="root">')]);
    const signUp = await fetch(`${gateway}/api/v1/auths/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ada', email: 'ada@example.org', password: 'a packed passphrase 7' }),
    });
    expect([signUp.status, await signUp.json()]).toEqual([200, expect.objectContaining({ email: 'ada@example.org' })]);
  });
});
