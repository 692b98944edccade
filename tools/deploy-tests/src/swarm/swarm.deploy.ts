import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { ROOT } from '@perennial/launcher';
import { freePort, installedProgram, ManagedProcess } from '@perennial/local-runtime/servers';
import { missingServer } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeBinary, ofOurs, readProject, trustedNetwork } from '../compose/compose-binary';

const missing = await missingServer('the Swarm stack', composeBinary);

describe.skipIf(missing !== undefined)('deploy/swarm/stack.yaml', () => {
  it('each of our services is replaced without a gap, is taken back, and has its secrets', async () => {
    const project = await readProject(join(ROOT, 'deploy/swarm'), 'stack.yaml');
    const { services } = project;
    expect(ofOurs(services)).toHaveLength(5);
    for (const [name, { deploy, secrets, environment = {}, stop_grace_period, image }] of ofOurs(services)) {
      expect(image).toBe(`registry.example.com/perennial/${name}:1.2.3`);
      expect([name, deploy?.update_config]).toEqual([
        name,
        expect.objectContaining({ order: 'start-first', parallelism: 1, failure_action: 'rollback' }),
      ]);
      // Swarm knows only these two when taking back fails.
      expect(deploy?.rollback_config).toMatchObject({ failure_action: 'pause' });
      expect(deploy?.placement?.constraints).toEqual(['node.labels.perennial == true']);
      const files = Object.values(environment).filter((value) => value.startsWith('/run/secrets/'));
      expect(files.map((path) => path.slice('/run/secrets/'.length)).sort()).toEqual(
        secrets?.map(({ source }) => source).sort(),
      );
      expect(stop_grace_period).toBeDefined();
    }
    expect(trustedNetwork(project)).toEqual([{ name: 'edge', services: ['gateway', 'haproxy'] }]);
    expect(services['haproxy']?.deploy?.update_config).toMatchObject({ order: 'stop-first' });
  });
});

let haproxy: string;
const without = await missingServer('HAProxy of the Swarm stack', async () => {
  haproxy = await installedProgram('haproxy', 'haproxy');
});

/** Real: HAProxy with the file. Not real: Docker's name server, in whose place is the address of a server that tells what it was sent. */
describe.skipIf(without !== undefined)('deploy/swarm/haproxy.cfg', () => {
  const FRONT = '127.0.0.3';
  const folder = mkdtempSync(join(tmpdir(), 'perennial-swarm-'));
  let gateway: Server;
  let balancer: ManagedProcess;
  let port: number;

  beforeAll(async () => {
    gateway = createServer((asked, reply) => reply.end(JSON.stringify(asked.headers))).listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    port = await freePort();
    const { port: target } = gateway.address() as AddressInfo;
    const text = readFileSync(join(ROOT, 'deploy/swarm/haproxy.cfg'), 'utf8')
      .replace('bind :8080', `bind 127.0.0.1:${port}`)
      .replace(/server-template .*/, `server gateway 127.0.0.1:${target}`);
    writeFileSync(join(folder, 'haproxy.cfg'), text);
    const args = ['-db', '-f', join(folder, 'haproxy.cfg')];
    balancer = new ManagedProcess({
      name: 'haproxy',
      command: haproxy,
      args,
      env: { TRUSTED_FRONT: `10.1.0.0/16 ${FRONT}` },
    });
    balancer.start();
    await balancer.waitUntil(async () => (await fetch(`http://127.0.0.1:${port}/`)).ok, 'it answers');
  });
  afterAll(async () => {
    await balancer?.stop();
    gateway.close();
    rmSync(folder, { recursive: true });
  });

  /** What a gateway hears of a client that claims to be another one. */
  async function heard(localAddress: string): Promise<Record<string, string>> {
    const headers = {
      host: 'chat.example.com',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'other.example.com',
      'x-forwarded-prefix': '/elsewhere',
    };
    const asked = request({ host: '127.0.0.1', port, localAddress, headers }).end();
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    return (await json(reply)) as Record<string, string>;
  }

  it('says what the balancer in front of it says', async () => {
    expect(await heard(FRONT)).toMatchObject({
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'other.example.com',
    });
  });

  it('replaces what a stranger says of itself', async () => {
    const headers = await heard('127.0.0.2');
    expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.2', 'x-forwarded-host': 'chat.example.com' });
    expect(headers).not.toHaveProperty('x-forwarded-proto');
    expect(headers).not.toHaveProperty('x-forwarded-prefix');
  });
});
