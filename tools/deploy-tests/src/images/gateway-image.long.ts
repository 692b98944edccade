import { freePort, type RedisServer, startRedis } from '@perennial/local-runtime/servers';
import { missingServer } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BuiltImages, imageOf, TAG } from './built-images';
import { containerEngine, type Engine } from './engine';

/** Real: buildah, runc, the built gateway, Redis. Not real: the base image, which is Node and its libraries alone. */
let engine: Engine;
let images: BuiltImages | undefined;
let redis: RedisServer | undefined;

const missing = await missingServer('images', async () => (engine = await containerEngine()));

describe.skipIf(missing !== undefined)('the image of the gateway', () => {
  beforeAll(async () => {
    [redis, images] = await Promise.all([startRedis({}), BuiltImages.build(engine, ['gateway'])]);
    images.addSecret('redis_url', redis.url);
  });
  afterEach(() => images?.removeContainers());
  afterAll(() => redis?.stop());

  it('is no larger than it may be', () => {
    // `npm run images` ends with an error when one is.
    expect(images?.report).toMatch(/^gateway +\d+ MB of our own \(at most 80\)/);
  });

  it('says what it is, and what it is made of', async () => {
    const { stdout } = await engine.podman('image', 'inspect', imageOf('gateway'));
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
    const bill = await engine.podman('run', '--rm', '--no-healthcheck', imageOf('gateway'), '-p', print);
    const { bomFormat, components } = JSON.parse(bill.stdout) as { bomFormat: string; components: { purl: string }[] };
    const packages = components.map(({ purl }) => purl.replace(/@[^@]+$/, ''));
    expect(bomFormat).toBe('CycloneDX');
    // Installed, bundled into the service, and part of the page.
    for (const name of ['ioredis', '%40nestjs/core', 'react']) expect(packages).toContain(`pkg:npm/${name}`);
    expect(packages).not.toContain('pkg:npm/vitest');
  });

  it('gets healthy, writes nowhere but to its volume, and leaves in order', async () => {
    const port = await freePort();
    const gateway = await images!.start('gateway', { HOST: '127.0.0.1', PORT: String(port) });
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
    expect(await gateway.exec('node', 'perennial.mjs', '--help')).toContain('perennial doctor');
    await gateway.signal('SIGTERM');
    expect(await gateway.exitCode()).toBe(0);
    const lines = (await gateway.logs()).trim().split('\n');
    const steps = ['ready', 'leaving: not ready, still serving', 'draining', 'ended'];
    const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages.filter((message) => steps.includes(message))).toEqual(steps);
  });

  it('a wrong setting ends a container with the code and the sentence for it', async () => {
    const gateway = await images!.start('gateway', { SECRET_KEY: 'given beside its file' });
    expect(await gateway.exitCode()).toBe(78);
    expect(await gateway.logs()).toContain('SECRET_KEY is given twice: unset SECRET_KEY or SECRET_KEY_FILE');
  });
});
