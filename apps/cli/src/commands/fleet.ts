import { type FleetMember, readFleet } from '@perennial/transport';
import { version } from '../../package.json';
import type { AddCommands } from '../command';
import { callEnv, environment } from '../environment';
import { table } from '../output';
import { withRedis } from '../redis';

const HEADER = [
  'SERVICE',
  'INSTANCE',
  'VERSION',
  'STATE',
  'SEEN',
  'CPU',
  'MEMORY',
  'RUNS',
  'QUEUE',
  'TAKE-OVERS',
  'SETTINGS',
  'PLACEMENTS',
  'FAILING',
  'LAST ERROR',
];

/** The processes of the installation, from what they report and from their connections to Redis: the same as `GET /api/v1/fleet`. */
export const fleet: AddCommands = (program, add) =>
  add(program, {
    name: 'fleet',
    describe: 'Show the processes of every service: state, version, load, work in hand, dependencies, last error',
    options: (options) => options,
    run: async () => {
      const env = environment(callEnv);
      const all = await withRedis(env, readFleet);
      const replicas = all.filter(({ service }) => service !== 'cli');
      const running = replicas.filter(({ state }) => state !== 'gone');
      const versions = [...new Set(running.map((one) => one.version))];
      const mixed =
        versions.length > 1 ? [`Versions ${versions.join(' and ')} run together: an upgrade is under way.`] : [];
      return {
        data: { replicas, versions, commandLine: version },
        lines:
          replicas.length === 0
            ? ['No process is connected to this Redis under this REDIS_KEY_PREFIX.']
            : [...table(HEADER, replicas.map(toRow)), ...mixed, ...unequalPlacements(running)],
      };
    },
  });

/** Placements that not all processes know, or not with the same definition. An older version tells no fingerprint. */
function unequalPlacements(running: readonly FleetMember[]): string[] {
  const all = new Set(running.flatMap(({ placements }) => placements ?? []));
  return [...all].flatMap((name) => {
    const prints = new Set(running.flatMap(({ placementPrints }) => placementPrints?.[name] ?? []));
    if (prints.size <= 1 && running.every(({ placements }) => placements?.includes(name))) return [];
    return [`The placement ${name} is not the same for all processes: give them the same PLACEMENTS.`];
  });
}

function toRow(one: FleetMember): string[] {
  const { load, lastError, seenAt } = one;
  const failing = one.dependencies.filter(({ ok }) => !ok).map(({ name }) => name);
  return [
    one.role === null ? one.service : `${one.service} ${one.role}`,
    one.instance,
    one.version,
    one.state,
    seenAt === null ? '' : new Date(seenAt).toISOString(),
    load === null ? '' : `${Math.round(load.cpu * 100)} %`,
    load === null ? '' : `${Math.round(load.bytes / 1_048_576)} MB`,
    ...[one.runs, one.queue, one.takeOvers].map((count) => String(count ?? '')),
    one.settings ?? '',
    (one.placements ?? []).map((name) => [name, one.placementPrints?.[name] ?? []].flat().join(' ')).join(', '),
    failing.join(', '),
    lastError === null ? '' : `${lastError.code} ${lastError.id ?? ''}`.trim(),
  ];
}
