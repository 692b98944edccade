import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@perennial/e2e/support/random';
import type { Toxic } from '@perennial/testing/servers';
import type { Ground } from '../ground/ground';
import type { Nemesis } from './nemesis';

export type LinkMatch = (name: string) => boolean;

export function noLinks(matches: LinkMatch): NonNullable<Nemesis['missing']> {
  return ({ links }: Ground) => {
    if (!links) return 'Toxiproxy is missing';
    // A store of several addresses has none.
    return links.names(matches).length > 0 ? undefined : 'there is no such link';
  };
}

/** Links of one process to a store. */
export const ofWorkers: LinkMatch = (name) => / (redis|postgres)$/.test(name) && !name.startsWith('gateway');
export const ofGateways: LinkMatch = (name) => / (redis|postgres)$/.test(name) && name.startsWith('gateway');

interface Disturbance {
  what: string;
  toxics: readonly Toxic[];
}

/** Nothing arrives any more, and nobody is told: as after a firewall forgot the connection. */
const SILENCE: Disturbance = {
  what: 'is silent',
  toxics: [
    { type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } },
    { type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } },
  ],
};

export const LINK_NEMESES: readonly Nemesis[] = [
  breaking('a link breaks', 4, ofWorkers),
  breaking("a gateway's link breaks", 1, ofGateways),
  disturbing('a link is slow', 4, (name) => ofWorkers(name) || ofGateways(name), slowness, [2_000, 5_000]),
  disturbing('a link is silent', 3, ofWorkers, () => SILENCE, [1_000, 6_000]),
  disturbing("a gateway's link is silent", 1, ofGateways, () => SILENCE, [1_000, 6_000]),
  breaking('the provider is cut off', 1, (name) => name === 'provider'),
  disturbing(
    'the provider is silent',
    1,
    (name) => name === 'provider',
    () => SILENCE,
    [1_000, 5_000],
  ),
  breaking('people are cut off', 2, (name) => name === 'people'),
  disturbing('people have a slow network', 2, (name) => name === 'people', slowness, [2_000, 5_000]),
];

function slowness(random: Random): Disturbance {
  if (random.next() < 0.6) {
    const latency = Math.round(random.between(30, 300));
    return {
      what: `has ${latency} ms more latency`,
      toxics: [{ type: 'latency', attributes: { latency, jitter: 20 } }],
    };
  }
  const rate = Math.round(random.between(100, 500));
  return { what: `has ${rate} kB/s`, toxics: [{ type: 'bandwidth', attributes: { rate } }] };
}

/** Every connection of a link is reset; new ones are possible at once. */
function breaking(name: Nemesis['name'], weight: number, matches: LinkMatch): Nemesis {
  return {
    name,
    weight,
    missing: noLinks(matches),
    async apply({ ground: { links } }, random) {
      const victim = random.pick(links?.names(matches) ?? []);
      await links?.link(victim).cut();
      await links?.link(victim).open();
      return `${victim} breaks`;
    },
  };
}

function disturbing(
  name: Nemesis['name'],
  weight: number,
  matches: LinkMatch,
  disturbance: (random: Random) => Disturbance,
  [least, most]: readonly [number, number],
): Nemesis {
  return {
    name,
    weight,
    missing: noLinks(matches),
    async apply({ ground: { links } }, random) {
      const victim = random.pick(links?.names(matches) ?? []);
      const { what, toxics } = disturbance(random);
      const ms = Math.round(random.between(least, most));
      const undo = await Promise.all(toxics.map((toxic) => links?.link(victim).disturb(toxic)));
      await sleep(ms);
      await Promise.all(undo.map((each) => each?.()));
      return `${victim} ${what} for ${ms} ms`;
    },
  };
}
