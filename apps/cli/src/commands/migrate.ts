import { migrateSchema, migrationName, readSchemaState, type SchemaState } from '@perennial/persistence';
import { createLogger, databaseEnv } from '@perennial/runtime';
import { z } from 'zod';
import type { AddCommands } from '../command';
import { environment } from '../environment';
import { UsageError } from '../failure';
import type { Result } from '../output';
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
        }),
    run: async ({ check, to }) => {
      if (check && to !== undefined) throw new UsageError('--check changes nothing, so it takes no --to.');
      const { DATABASE_URL: url } = environment(migrateEnv);
      return check ? checked(url) : migrated(url, to === undefined ? Infinity : parseTime(to));
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

async function migrated(url: string, until: number): Promise<Result> {
  const log = createLogger({ level: 'info', service: 'cli', instance: 'migrate', stream: process.stderr });
  const applied: { service: string; migrations: string[] }[] = [];
  for (const { name, migrations } of SERVICES) {
    const wanted = migrations.filter((one) => parseTime(migrationName(one)) <= until);
    applied.push({ service: name, migrations: await migrateSchema({ url, schema: name, migrations: wanted }, log) });
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
