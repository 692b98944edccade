import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  freePort,
  guardDirectory,
  installedProgram,
  missingServer,
  type PostgresServer,
  randomPassword,
  type RedisServer,
  startPostgres,
  startRedis,
  waitFor,
} from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerEngine, type Engine } from '../images/engine';
import { component, type KubernetesObject, podTemplate, render, ROOT } from './chart';
import { kubernetesTools } from './fetched';

// Real: Helm, Podman, which runs pods of Kubernetes, our images, Postgres and Redis. Not real: the base image.
// Podman gives a pod its user, its read-only root, its capabilities, volumes, secrets and order of containers; it probes nothing.
const missing = await missingServer('the pods of the Helm chart', () =>
  Promise.all([containerEngine(), kubernetesTools(), installedProgram('catatonit', 'catatonit')]),
);

const REGISTRY = 'localhost/perennial-test';
const IMAGES = ['gateway', 'auth', 'chat', 'retrieval-lancedb', 'config'];
const SERVICES = ['gateway', 'auth', 'chat', 'retrieval', 'config'];
/** Apart from what else runs on this machine. */
const RUN = `perennial-chart-${process.pid}`;

describe.skipIf(missing !== undefined)('the pods of the chart', () => {
  let engine: Engine;
  let postgres: PostgresServer;
  let redis: RedisServer;
  let objects: KubernetesObject[];
  let dir: string;
  const ports = new Map<string, number>();
  const pods: string[] = [];

  beforeAll(async () => {
    const [{ helm4 }, started] = await Promise.all([kubernetesTools(), containerEngine()]);
    engine = started;
    dir = await mkdtemp(join(tmpdir(), 'perennial-pods-'));
    guardDirectory(dir);
    const script = join(ROOT, 'tools/build/src/images/main.mjs');
    const build = promisify(execFile)(process.execPath, [script, '--prefix', REGISTRY, '--tag', 'test', ...IMAGES], {
      env: engine.env,
      maxBuffer: 2 ** 26,
    });
    [postgres, redis] = await Promise.all([startPostgres(), startRedis({ password: randomPassword() }), build]);
    // Every pod shares the network of this machine, so that each needs a port of its own.
    for (const service of [...SERVICES, 'http']) ports.set(service, await freePort());
    const values = SERVICES.map((service) => {
      const http = service === 'gateway' ? `,"PORT":${ports.get('http')}` : '';
      return `${service}.env={"HEALTH_PORT":${ports.get(service)}${http}}`;
    });
    objects = await render(helm4, {
      files: ['values-small.yaml', 'values-disk-one-node.yaml'],
      values: [
        `image={"registry":"${REGISTRY}","tag":"test","pullPolicy":"Never"}`,
        `secret.name="${RUN}"`,
        `dataVolume.existingClaim="${RUN}"`,
        `gateway.service={"port":${ports.get('http')}}`,
        'listenAddress="127.0.0.1"',
        'migrations.run="job"',
        ...values,
      ],
    });
    const secret = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, SECRET_KEY: randomPassword() };
    const encoded = Object.entries(secret).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    await writeFile(join(dir, 'secret'), JSON.stringify(Object.fromEntries(encoded)), { mode: 0o600 });
    await engine.podman('secret', 'create', RUN, join(dir, 'secret'));
  }, 600_000);

  afterAll(async () => {
    for (const pod of pods) await engine.podman('pod', 'rm', '--force', '--time=0', pod);
    await engine?.podman('secret', 'rm', RUN).catch(() => undefined);
    await engine?.podman('volume', 'rm', '--force', RUN).catch(() => undefined);
    await Promise.all([postgres?.stop(), redis?.stop()]);
  });

  /** Starts a pod of the release and returns its name. */
  async function play(kind: string, name: string): Promise<string> {
    const template = podTemplate(component(objects, kind, name));
    const pod = `${RUN}-${name}`;
    // The network of this machine maps no ports, and has no Services.
    const containers = template?.spec.containers.map(({ env = [], ...container }) => ({
      ...container,
      ports: [],
      env: env.map((one) => (one.name === 'GATEWAY' ? { name: 'GATEWAY', value: '127.0.0.1' } : one)),
    }));
    const document = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: pod, labels: template?.metadata.labels },
      spec: { ...template?.spec, containers },
    };
    await writeFile(join(dir, pod), JSON.stringify(document));
    pods.push(pod);
    await engine.podman('kube', 'play', '--network=host', join(dir, pod));
    return pod;
  }

  const exitCode = async (container: string): Promise<string> => (await engine.podman('wait', container)).stdout.trim();
  const logs = async (container: string): Promise<string> => {
    const { stdout, stderr } = await engine.podman('logs', container);
    return stdout + stderr;
  };

  it('migrate, become ready and pass `helm test`', async () => {
    const migration = await play('Job', 'migrate');
    expect(await exitCode(`${migration}-migrate`), await logs(`${migration}-migrate`)).toBe('0');
    for (const service of SERVICES) await play('Deployment', service);
    for (const service of SERVICES) {
      const ready = async () => (await fetch(`http://127.0.0.1:${ports.get(service)}/health/ready`)).ok;
      await waitFor(ready, { timeoutMs: 60_000, what: service });
    }
    const test = await play('Pod', 'test');
    expect(await exitCode(`${test}-test`), await logs(`${test}-test`)).toBe('0');
  }, 180_000);

  it('have no rights but those that the chart gives', async () => {
    const format = '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{len .EffectiveCaps}}';
    for (const service of SERVICES) {
      const { stdout } = await engine.podman('inspect', '--format', format, `${RUN}-${service}-${service}`);
      expect(stdout.trim()).toBe('65532:65532 true 0');
    }
  });

  it('end in order', async () => {
    await Promise.all(
      SERVICES.map(async (service) => {
        const container = `${RUN}-${service}-${service}`;
        await engine.podman('stop', '--time=130', container);
        expect(await exitCode(container), await logs(container)).toBe('0');
      }),
    );
  }, 180_000);
});
