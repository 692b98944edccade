import { join } from 'node:path';
import { ROOT } from '@perennial/launcher';
import { installedProgram, runToEnd } from '@perennial/local-runtime/servers';
import { missingServer } from '@perennial/testing';
import { describe, expect, it } from 'vitest';
import { composeBinary, ofOurs, readByCompose } from '../compose/compose-binary';

const missing = await missingServer('the Swarm stack', composeBinary);

describe.skipIf(missing !== undefined)('deploy/swarm/stack.yaml', () => {
  it('each of our services is replaced without a gap, is taken back, and has its secrets', async () => {
    const services = await readByCompose(join(ROOT, 'deploy/swarm'), 'stack.yaml');
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
    expect(services['haproxy']?.deploy?.update_config).toMatchObject({ order: 'stop-first' });
  });
});

let haproxy: string;
const without = await missingServer('HAProxy of the Swarm stack', async () => {
  haproxy = await installedProgram('haproxy', 'haproxy');
});

describe.skipIf(without !== undefined)('deploy/swarm/haproxy.cfg', () => {
  it('is valid', async () => {
    const args = ['-c', '-f', join(ROOT, 'deploy/swarm/haproxy.cfg')];
    await runToEnd({ name: 'haproxy', command: haproxy, args });
  });
});
