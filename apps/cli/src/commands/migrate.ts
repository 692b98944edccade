import { migrateSchema, migrationName, readSchemaState, type SchemaState, whenReachable } from '@perennial/persistence';
import { createLogger, databaseEnv } from '@perennial/runtime';
import { type FleetMember, olderThan, readFleet } from '@perennial/transport';
import { z } from 'zod';
import type { AddCommands } from '../command';
import { callEnv, directEnvironment, environment } from '../environment';
import { CommandError, UsageError } from '../failure';
import type { Result } from '../output';
import { withRedis } from '../redis';
import { type Service, SERVICES } from '../services';

const migrateEnv = z.object({ DATABASE_URL: databaseEnv.DATABASE_URL });
const TIME = /\d{13}$/;

/** The migrations of all services. */
export const migrate: AddCommands = (program, add) =>
  add(program, {
    name: 'migrate',
    describe: 'Apply the migrations of all services, once however many processes do so together',
    options: (options) =>
      options
        .option('check', { type: 'boolean', default: false, describe: 'Change nothing; exit with 1 if one is missing' })
        .option('to', {
          type: 'string',
          requiresArg: true,
          describe: 'Only those up to this one: a name, or its 13 digits',
        })
        .option('contract', {
          type: 'boolean',
          default: false,
          describe:
            'Also remove what no version uses any more; refused while an older process runs, and there is no way back to it',
        })
        .option('wait', { type: 'boolean', default: false, describe: 'Wait while the database is away' }),
    run: async ({ check, to, contract, wait }) => {
      if (check && to !== undefined) throw new UsageError('--check changes nothing, so it takes no --to.');
      const { DATABASE_URL: url } = directEnvironment(migrateEnv);
      if (contract) {
        if (check || to !== undefined)
          throw new UsageError('--contract applies everything: it takes neither --check nor --to.');
        await assertContractible();
        return migrated(url, { contract, wait });
      }
      return check ? checked(url) : migrated(url, { until: to === undefined ? Infinity : parseTime(to), wait });
    },
  });

async function checked(url: string): Promise<Result> {
  const states: (SchemaState & { service: string })[] = [];
  for (const { name, migrations } of SERVICES)
    states.push({ service: name, ...(await readSchemaState({ url, schema: name, migrations })) });
  const failed = states.some(({ pending }) => pending.length > 0);
  const lines = states.flatMap(({ service, applied, pending, newer }) => [
    `${service}: ${applied.length} applied, ${pending.length} missing, ${newer.length} of a newer version`,
    ...pending.map((name) => `  missing: ${name}`),
    ...newer.map((name) => `  newer: ${name}`),
  ]);
  return { data: states, lines: failed ? [...lines, 'Run `perennial migrate`.'] : lines, failed };
}

/** @throws CommandError when a process uses what a contract migration would remove */
async function assertContractible(): Promise<void> {
  const env = environment(callEnv);
  const fleet = await withRedis(env, readFleet);
  const why = refusalToContract(SERVICES, fleet);
  if (why !== undefined) throw new CommandError(why);
}

/** Why contract migrations may not be applied while these processes run; undefined when they may. */
export function refusalToContract(
  services: readonly Pick<Service, 'name' | 'migrations'>[],
  fleet: readonly Pick<FleetMember, 'service' | 'instance' | 'version' | 'state'>[],
): string | undefined {
  for (const { name, migrations } of services) {
    const processes = fleet.filter(({ service }) => service === name);
    for (const { name: migration, contracts } of migrations.map((Migration) => new Migration())) {
      const [older] = contracts === undefined ? [] : olderThan(contracts, processes);
      if (older !== undefined)
        return `${migration} needs ${contracts} or newer, and ${older.instance} runs ${older.version}. Finish the upgrade first.`;
    }
  }
  return undefined;
}

interface Wanted {
  /** Epoch milliseconds of the last migration. */
  until?: number;
  contract?: boolean;
  wait: boolean;
}

async function migrated(url: string, { until = Infinity, contract = false, wait }: Wanted): Promise<Result> {
  const log = createLogger({ level: 'info', service: 'cli', instance: 'migrate', stream: process.stderr });
  const applied: { service: string; migrations: string[] }[] = [];
  for (const { name, migrations } of SERVICES) {
    const wanted = migrations.filter((one) => parseTime(migrationName(one)) <= until);
    const migrate = () => migrateSchema({ url, schema: name, migrations: wanted, contract }, log);
    applied.push({ service: name, migrations: await (wait ? whenReachable(migrate, log) : migrate()) });
  }
  const lines = applied.flatMap(({ service, migrations }) => migrations.map((name) => `${service}: ${name}`));
  return { data: applied, lines: lines.length > 0 ? lines : ['Every schema is up to date.'] };
}

/** Epoch milliseconds in the name of a migration. */
function parseTime(name: string): number {
  const digits = TIME.exec(name)?.[0];
  const isKnown = digits !== undefined && SERVICES.some((service) => knows(service, digits));
  if (!isKnown) throw new UsageError(`There is no migration ${name}. \`perennial migrate --check --json\` names all.`);
  return Number(digits);
}

const knows = ({ migrations }: Service, digits: string): boolean =>
  migrations.some((one) => migrationName(one).endsWith(digits));
