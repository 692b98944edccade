import { parseArgs } from 'node:util';
import { commonEnv, databaseEnv, parseEnv, Runtime } from '@perennial/runtime';
import { z } from 'zod';
import { migrateSchema, whenReachable } from './data-source';
import { databaseFrom } from './database-from';
import type { MigrationClass } from './migration';
import { pendingMigrations } from './migration-lock';
import { direct } from './session-settings';

export interface ServiceMigrations {
  name: string;
  schema: string;
  migrations: readonly MigrationClass[];
}

/** Exit code of `--check` when the schema lacks migrations. */
const BEHIND = 3;

/**
 * The main function of a service's `migrate.js`: applies the service's migrations, without starting the service. It waits while the database
 * is away and while another process migrates. With `--check` it changes nothing, and the exit code is 3 if migrations are missing.
 * Prints one line of JSON, `{ "schema": "auth", "pending": ["Accounts1763800000001"], "applied": true }`: what the schema lacked, and
 * whether it was applied. Logs go to standard error.
 *
 * @throws when a migration fails; the process then ends with 1
 */
export async function migrateService({ name, schema, migrations }: ServiceMigrations): Promise<void> {
  const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
  const env = parseEnv(z.object({ ...commonEnv, ...databaseEnv }), process.env, { service: `${name}:migrate` });
  const { log } = new Runtime({ name, logLevel: env.LOG_LEVEL, logStream: process.stderr });
  const options = { ...databaseFrom(env), schema, migrations, poolSize: 1, applicationName: `${schema}-migrate` };
  const pending = await whenReachable(
    () => (check ? pendingMigrations(direct(options)) : migrateSchema(options, log)),
    log,
  );
  console.log(JSON.stringify({ schema, pending, applied: !check }));
  if (check && pending.length > 0) process.exitCode = BEHIND;
}
