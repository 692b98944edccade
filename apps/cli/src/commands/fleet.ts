import { readFleet } from '@perennial/transport';
import { version } from '../../package.json';
import type { AddCommands } from '../command';
import { callEnv, environment } from '../environment';
import { table } from '../output';
import { withRedis } from '../redis';

/** The processes of the installation, from their connections to Redis: a process that was killed is gone at once. */
export const fleet: AddCommands = (program, add) =>
  add(program, {
    name: 'fleet',
    describe: 'Show which processes of which service and version are connected to Redis',
    options: (options) => options,
    run: async () => {
      const env = environment(callEnv);
      const all = await withRedis(env, ({ commands }) => readFleet(commands, env.REDIS_KEY_PREFIX));
      const replicas = all.filter(({ service }) => service !== 'cli');
      const rows = replicas.map((one) => [one.service, one.instance, one.version, one.address, `${one.connectedS} s`]);
      const versions = [...new Set(replicas.map((one) => one.version))];
      const mixed =
        versions.length > 1 ? [`Versions ${versions.join(' and ')} run together: an upgrade is under way.`] : [];
      return {
        data: { replicas, versions, commandLine: version },
        lines:
          rows.length === 0
            ? ['No process is connected to this Redis under this REDIS_KEY_PREFIX.']
            : [...table(['SERVICE', 'INSTANCE', 'VERSION', 'ADDRESS', 'CONNECTED'], rows), ...mixed],
      };
    },
  });
