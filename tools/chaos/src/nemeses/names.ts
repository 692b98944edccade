import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@perennial/e2e/support/random';
import type { Ground } from '../ground/ground';
import type { NameTrouble } from '../ground/name-server';
import { type LinkMatch, noLinks, ofGateways, ofWorkers } from './links';
import type { Nemesis } from './nemesis';

const LASTS_MS = { least: 3_000, most: 7_000 };
/** Less than a resolver's own patience, 5 s: it gets its answer, and asks once. */
const LATE_MS = { least: 2_000, most: 4_500 };

const ofProvider: LinkMatch = (name) => name === 'provider';

function noNames(matches: LinkMatch): NonNullable<Nemesis['missing']> {
  return (ground) => (ground.names ? noLinks(matches)(ground) : 'services know addresses only');
}

const late = (random: Random): NameTrouble => ({ delayMs: Math.round(random.between(LATE_MS.least, LATE_MS.most)) });

const refused = (): NameTrouble => 'refused';

/** Names are slow to be found, or are not found. Connections break at its beginning: who is connected asks for no name. */
export const NAME_NEMESES: readonly Nemesis[] = [
  ofProcess('names are slow', 3, ofWorkers, late),
  ofProcess('names are not found', 2, ofWorkers, refused),
  ofProcess("a gateway's names are slow", 1, ofGateways, late),
  {
    name: "the provider's name is slow",
    weight: 2,
    missing: noNames(ofProvider),
    apply: async ({ ground }, random) => {
      const trouble = late(random);
      const ms = await lasting(ground, ofProvider, trouble, random);
      return `the provider's name ${inWords(trouble)} for ${ms} ms`;
    },
  },
];

function ofProcess(
  name: Nemesis['name'],
  weight: number,
  matches: LinkMatch,
  troubleOf: (random: Random) => NameTrouble,
): Nemesis {
  return {
    name,
    weight,
    missing: noNames(matches),
    async apply({ ground }, random) {
      const { links } = ground;
      const link = random.pick(links?.names(matches) ?? []);
      const instance = link.slice(0, link.indexOf(' '));
      const ofVictim: LinkMatch = (each) => each.startsWith(`${instance} `);
      const trouble = troubleOf(random);
      const broken = (links?.names(ofVictim) ?? []).map((each) => links?.link(each));
      const over = lasting(ground, ofVictim, trouble, random);
      await Promise.all(broken.map((each) => each?.cut()));
      await Promise.all(broken.map((each) => each?.open()));
      return `${instance} has lost its connections, and each name ${inWords(trouble)} for ${await over} ms`;
    },
  };
}

async function lasting({ names }: Ground, matches: LinkMatch, trouble: NameTrouble, random: Random): Promise<number> {
  const ms = Math.round(random.between(LASTS_MS.least, LASTS_MS.most));
  const undo = names?.disturb(matches, trouble);
  await sleep(ms);
  undo?.();
  return ms;
}

function inWords(trouble: NameTrouble): string {
  return trouble === 'refused' ? 'is refused' : `is found after ${trouble.delayMs} ms`;
}
