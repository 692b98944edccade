import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, guardDirectory, portIsFree, processExists, waitFor } from '@perennial/local-runtime/servers';
import { freshDatabase, redisUrl } from '@perennial/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type LaunchEvent,
  type LaunchOptions,
  launchSystem,
  type RunEntry,
  type RunningSystem,
  SERVICES,
} from './index';

/**
 * Real: Postgres, Redis, processes, ports, signals. Not real: the five services, which are small programs here with health and identity; the
 * system's own tests run the built ones.
 */
const STAND_IN = `
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
if (process.env.BROKEN === process.env.INSTANCE_ID) { console.log('SECRET_KEY is a placeholder'); process.exit(78); }
const answer = (request, response) => response.end(process.env.INSTANCE_ID + ' ' + process.pid);
const http = createServer(answer);
// Behind the balancer a line that says whose connection it is comes first.
const announced = createTcpServer((socket) => socket.once('data', (bytes) => {
  const request = bytes.toString('latin1').startsWith('PROXY ') ? bytes.subarray(bytes.indexOf('\\r\\n') + 2) : bytes;
  socket.pause();
  socket.unshift(request);
  http.emit('connection', socket);
  socket.resume();
}));
const behind = process.env.PROXY_PROTOCOL_FROM ? announced : http;
if (process.env.PORT) behind.listen(Number(process.env.PORT), process.env.HOST);
createServer(answer).listen(Number(process.env.HEALTH_PORT), process.env.HEALTH_HOST);
process.on('SIGTERM', () => process.exit(0));
`;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'perennial-clone-'));
  for (const service of SERVICES) {
    const dist = join(root, 'apps', service, 'dist');
    mkdirSync(dist, { recursive: true });
    writeFileSync(join(dist, 'main.js'), STAND_IN);
  }
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function newHome(): string {
  const directory = mkdtempSync(join(tmpdir(), 'perennial-launch-'));
  guardDirectory(directory);
  return join(directory, 'home');
}

async function sql(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function withSystem(options: LaunchOptions, work: (system: RunningSystem) => Promise<void>): Promise<void> {
  const system = await launchSystem({ root, ...options });
  try {
    await work(system);
  } finally {
    await system.stop();
  }
}

describe('launchSystem', () => {
  it('runs replicas behind one port, lists them, and restarts dead ones', async () => {
    const home = newHome();
    const died: LaunchEvent[] = [];
    const onEvent = (event: LaunchEvent): void => void (event.kind === 'died' && died.push(event));
    let pids: number[] = [];
    await withSystem({ home, scale: { gateway: 2, chat: 3 }, onEvent }, async (system) => {
      const names = (): string[] => system.run.map(({ service, instance }) => `${service}-${instance}`);
      const all = ['gateway-1', 'gateway-2', 'auth-1', 'chat-1', 'chat-2', 'chat-3', 'retrieval-1', 'config-1'];
      expect(names()).toEqual([...all, 'postgres-1', 'redis-1']);
      const file = (): RunEntry[] => JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as RunEntry[];
      expect(file()).toEqual(system.run);
      const answers = new Set<string>();
      for (let n = 0; n < 4; n++)
        answers.add(await (await fetch(system.baseUrl, { headers: { connection: 'close' } })).text());
      expect(answers.size).toBe(2);
      expect(await (await fetch(system.gateways[1] ?? '')).text()).toMatch(/^gateway-2 /);

      const before = file().find(({ service, instance }) => service === 'chat' && instance === 2)?.pid;
      await system.kill('chat', 2);
      await waitFor(() =>
        file().some(({ service, instance, pid }) => service === 'chat' && instance === 2 && pid !== before),
      );
      await system.ready('chat', 2);
      expect(died).toMatchObject([{ name: 'chat-2', exit: { signal: 'SIGKILL' }, restartInMs: 100 }]);
      pids = system.run.map(({ pid }) => pid);
    });
    expect(await Promise.all(pids.map(processExists))).toEqual(pids.map(() => false));
    expect(existsSync(join(home, 'run.json'))).toBe(false);
  });

  it('finds data and secrets at the second start, and keeps secrets to the owner', async () => {
    const home = newHome();
    await withSystem({ home }, async (system) => {
      await sql(system.postgresUrl, 'CREATE TABLE kept AS SELECT 42 AS n');
    });
    const secrets = join(home, 'secrets.json');
    expect(statSync(secrets).mode & 0o777).toBe(0o600);
    const before = readFileSync(secrets, 'utf8');
    await withSystem({ home }, async (system) => {
      expect(await sql(system.postgresUrl, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
    });
    expect(readFileSync(secrets, 'utf8')).toBe(before);
  });

  it('restarts Redis empty and Postgres killed, with all else running', async () => {
    await withSystem({}, async (system) => {
      await sql(system.postgresUrl, 'CREATE TABLE kept AS SELECT 42 AS n');
      const pid = system.process('chat').pid;
      await system.restartPostgres({ kill: true });
      await system.restartRedisEmpty();
      expect(await sql(system.postgresUrl, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
      expect(system.process('chat').pid).toBe(pid);
    });
  });

  it('uses the database and the Redis that are given, and starts none', async () => {
    const env = { DATABASE_URL: await freshDatabase('launcher'), REDIS_URL: redisUrl() };
    await withSystem({ env }, async (system) => {
      expect(system.run.map(({ service }) => service)).toEqual([...SERVICES]);
      expect(system.postgresUrl).toBe(env.DATABASE_URL);
    });
  });

  it('reports plainly that a port is in use', async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const start = launchSystem({ root, port });
    await expect(start).rejects.toThrow(`port ${port} is in use by another program`);
    await new Promise((resolve) => other.close(resolve));
  });

  // The first of the next three only waits; each has a directory of its own.
  it.concurrent('reports plainly that nothing answers at a given address', async () => {
    const env = { REDIS_URL: `redis://127.0.0.1:${await freePort()}` };
    await expect(launchSystem({ root, home: newHome(), env })).rejects.toThrow(
      /nothing answers at .*, which REDIS_URL names/,
    );
  });

  it.concurrent('refuses a second launcher on the same directory, and waits for one that is stopping', async () => {
    const home = newHome();
    const first = await launchSystem({ root, home });
    await expect(launchSystem({ root, home })).rejects.toThrow('Perennial is running already');
    const stopped = first.stop();
    await withSystem({ home }, async (second) => {
      expect(await sql(second.postgresUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });
    await stopped;
  });

  it.concurrent('stops everything and shows the log when a service does not start', async () => {
    const home = newHome();
    const start = launchSystem({ root, home, env: { BROKEN: 'config-1' } });
    await expect(start).rejects.toThrow(/config-1 ended \(exit 78\).*SECRET_KEY is a placeholder/s);
    const { postgres } = JSON.parse(readFileSync(join(home, 'ports.json'), 'utf8')) as { postgres: number };
    expect(await portIsFree(postgres)).toBe(true);
  });
});

describe('a launcher that is killed', () => {
  it('leaves no orphan, and its successor finds the data', async () => {
    const home = newHome();
    const script = `
      import { runnerImport } from 'vite';
      const { module } = await runnerImport(${JSON.stringify(new URL('./index.ts', import.meta.url).pathname)});
      await module.launchSystem(${JSON.stringify({ root, home })});
      console.log('ready');`;
    const launcher = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    launcher.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await waitFor(() => output.includes('ready'), { timeoutMs: 30_000 });
    const run = JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as RunEntry[];
    expect(run).toHaveLength(7);
    launcher.kill('SIGKILL');
    // At once, while the guard is still working.
    await withSystem({ home }, async (system) => {
      expect(await Promise.all(run.map(({ pid }) => processExists(pid)))).toEqual(run.map(() => false));
      expect(await sql(system.postgresUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });
  });
});
