import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seeded } from '@perennial/testing/seeded';
import { z } from 'zod';
import { readCosts } from './costs';
import { plan } from './plan';
import { profileSchema } from './profile';
import { report } from './report';
import { simulate } from './simulation';

const USAGE = `capacity --people N [--profile FILE] [--json]
How large an installation has to be for N people, from what was measured (docs/results/capacity.json), and whether an hour of simulated arrivals
finds it large enough.

  --profile  a JSON file with the values of the usage profile that differ from the usual ones (docs/deploy/size.md lists them)
  --json     the plan and the simulation as JSON`;

const COSTS = join(import.meta.dirname, '../../../docs/results/capacity.json');
const SEED = 1;

/** @returns the exit code: 2 when it was called wrongly */
function main(args: string[]): number {
  let options;
  try {
    options = parseArgs({
      args,
      options: {
        people: { type: 'string' },
        profile: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const people = Number(options.people);
  if (!Number.isInteger(people) || people < 1 || people > 10_000_000) {
    return wrong('--people takes a whole number from 1 to 10000000.');
  }
  let given: unknown = {};
  try {
    if (options.profile !== undefined) given = JSON.parse(readFileSync(options.profile, 'utf8'));
  } catch (error) {
    return wrong(`${options.profile}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const profile = profileSchema.safeParse(given);
  if (!profile.success) return wrong(`${options.profile}: ${z.prettifyError(profile.error)}`);
  const costs = readCosts(COSTS);
  const planned = plan(people, profile.data, costs);
  const simulated = simulate(planned, profile.data, costs, seeded(SEED));
  console.log(options.json ? JSON.stringify({ plan: planned, simulated }, null, 2) : report(planned, simulated));
  return 0;
}

function wrong(why: string): number {
  console.error(`${why}\n\n${USAGE}`);
  return 2;
}

process.exitCode = main(process.argv.slice(2));
