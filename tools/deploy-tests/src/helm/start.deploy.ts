import { cp, mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  freePort,
  guardDirectory,
  type ManagedProcess,
  missingServer,
  type PostgresServer,
  randomPassword,
  type RedisServer,
  startPostgres,
  startProcess,
  startRedis,
  waitFor,
} from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { component, type Container, type KubernetesObject, podTemplate, render, ROOT } from './chart';
import { type KubernetesTools, kubernetesTools } from './fetched';

// Real: Helm, Postgres, Redis, and the built services with the variables, commands and probes that the chart gives them.
// No container and no kubelet: the images have tests of their own.
const missing = await missingServer('the services as the Helm chart starts them', kubernetesTools);

const SERVICES = ['gateway', 'auth', 'chat', 'retrieval', 'config'];

interface Probe {
  httpGet: { path: string; port: string };
}
type Started = { process: ManagedProcess; health: string; port: number; probes: Record<string, Probe> };

describe.skipIf(missing)('the services as the chart starts them', () => {
  let tools: KubernetesTools;
  let postgres: PostgresServer;
  let redis: RedisServer;
  let objects: KubernetesObject[];
  let dataDir: string;
  /** Laid out as the working directory of an image. */
  let workdir: string;
  const secret = randomPassword();
  const started = new Map<string, Started>();

  const variables = ({ env = [] }: Container): Record<string, string> => {
    const keys: Record<string, string> = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, SECRET_KEY: secret };
    const pairs = env.map(({ name, value, valueFrom }): [string, string] => {
      return [name, value ?? keys[valueFrom?.secretKeyRef?.key ?? ''] ?? ''];
    });
    return { PATH: process.env['PATH'] ?? '', ...Object.fromEntries(pairs) };
  };

  beforeAll(async () => {
    tools = await kubernetesTools();
    dataDir = await mkdtemp(join(tmpdir(), 'perennial-chart-'));
    guardDirectory(dataDir);
    workdir = join(dataDir, 'image');
    await mkdir(join(workdir, 'cli'), { recursive: true });
    await cp(join(ROOT, 'deploy/images/perennial.mjs'), join(workdir, 'perennial.mjs'));
    await symlink(join(ROOT, 'apps/cli'), join(workdir, 'cli/cli'));
    for (const service of SERVICES) await symlink(join(ROOT, 'apps', service), join(workdir, service));
    [postgres, redis, objects] = await Promise.all([
      startPostgres(),
      startRedis({ password: randomPassword() }),
      render(tools.helm4, {
        files: ['values-small.yaml', 'values-disk-one-node.yaml', 'values-backup.yaml'],
        values: ['migrations.run="job"', 'listenAddress="127.0.0.1"'],
      }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([...started.values()].map(({ process }) => process.stop()));
    await Promise.all([postgres?.stop(), redis?.stop()]);
  });

  const asked = (name: string, probe: string): Promise<number> => {
    const { health, probes } = started.get(name) as Started;
    const path = probes[probe]?.httpGet.path ?? '';
    return fetch(`${health}${path}`).then(
      ({ status }) => status,
      () => 0,
    );
  };

  it('are live and wait, until the Job has migrated', async () => {
    for (const service of SERVICES) started.set(service, await start(service));
    for (const service of SERVICES) await waitFor(async () => (await asked(service, 'livenessProbe')) === 200);
    const auth = started.get('auth') as Started;
    await waitFor(() => auth.process.output.includes('waiting until another process has migrated'));
    expect(await asked('auth', 'startupProbe')).toBe(200);
    expect(await asked('auth', 'readinessProbe')).toBe(503);

    const migration = run('Job', 'migrate');
    expect((await migration.exited).code, migration.output).toBe(0);
    for (const service of SERVICES)
      await waitFor(async () => (await asked(service, 'readinessProbe')) === 200, { what: service, timeoutMs: 30_000 });
  });

  it('are backed up by the CronJob, encrypted, and the oldest backup beyond those that are kept goes', async () => {
    const [backups, passphrase] = [join(dataDir, 'backups'), join(dataDir, 'passphrase')];
    await writeFile(passphrase, randomPassword());
    await mkdir(join(backups, '20200101T030000Z'), { recursive: true });
    await mkdir(join(backups, 'of somebody else'));
    const places = { BACKUPS: backups, PASSPHRASE_FILE: passphrase, KEEP: '1', DATA_DIR: dataDir };
    const backup = run('CronJob', 'backup', places);
    expect((await backup.exited).code, backup.output).toBe(0);
    expect(backup.output).toContain('removed 20200101T030000Z');
    const [made = '', other] = (await readdir(backups)).sort();
    expect(other).toBe('of somebody else');
    expect(await readdir(join(backups, made))).toEqual(expect.arrayContaining(['identity.age', 'manifest.json']));
    const failed = run('CronJob', 'backup', { ...places, PASSPHRASE_FILE: join(dataDir, 'missing') });
    expect((await failed.exited).code).not.toBe(0);
    expect(await readdir(backups)).toContain(made);
  });

  it('pass `helm test`, which fails without them', async () => {
    const pod = component(objects, 'Pod', 'test');
    const [test] = (podTemplate(pod)?.spec.containers ?? []) as (Container & { command: string[]; args: string[] })[];
    const [command = '', ...args] = [...(test?.command ?? []), ...(test?.args ?? [])];
    const ask = async (port: number) => {
      const env = { ...variables(test as Container), GATEWAY: '127.0.0.1', GATEWAY_PORT: String(port) };
      const process = startProcess({ name: 'helm test', command, args, env, cleanEnv: true });
      return { code: (await process.exited).code, output: process.output };
    };
    const { port } = started.get('gateway') as Started;
    const passed = await ask(port);
    expect(passed.output).toMatch(/\/ready: 200\n\/api\/config: 200/);
    expect(passed.code).toBe(0);
    expect(await ask(await freePort())).toMatchObject({ code: 1 });
  });

  it('end in order', async () => {
    await Promise.all(
      [...started.values()].map(async ({ process }) => {
        process.signal('SIGTERM');
        // 1 says that SHUTDOWN_GRACE_MS, which the pod's grace period is made of, was too short.
        expect((await process.exited).code, process.output).toBe(0);
      }),
    );
  });

  /** Runs the one container of a pod to its end. */
  function run(kind: string, name: string, places: Record<string, string> = {}): ManagedProcess {
    const [container] = podTemplate(component(objects, kind, name))?.spec.containers ?? [];
    const { command: [command = '', ...args] = [], ...rest } = container as Container & { command?: string[] };
    const env = { ...variables(rest), ...places };
    return startProcess({ name, command, args, cwd: workdir, env, cleanEnv: true });
  }

  /** Starts what a Deployment's container runs, on free ports and with a directory of this machine. */
  async function start(service: string): Promise<Started> {
    const spec = podTemplate(component(objects, 'Deployment', service))?.spec;
    const [container] = (spec?.containers ?? []) as (Container & Record<string, Probe>)[];
    const [health, port] = [await freePort(), await freePort()];
    const env = variables(container as Container);
    for (const [name, value] of Object.entries({ HEALTH_PORT: String(health), PORT: String(port), DATA_DIR: dataDir }))
      if (name in env) env[name] = value;
    const args = ['--import', `./${service}/dist/telemetry.js`, `./${service}/dist/main.js`];
    const child = startProcess({ name: service, command: process.execPath, args, cwd: workdir, env, cleanEnv: true });
    return {
      process: child,
      health: `http://127.0.0.1:${health}`,
      port,
      probes: container as Record<string, Probe>,
    };
  }
});
