import * as auth from '@perennial/auth/operator';
import * as chat from '@perennial/chat/operator';
import * as config from '@perennial/config/operator';
import type { ServiceName } from '@perennial/contracts-kernel';
import { type DatabaseOptions, pendingMigrations } from '@perennial/persistence';
import * as retrieval from '@perennial/retrieval/operator';
import type { z } from 'zod';
import { CommandError } from './failure';

/** A service that owns a schema of the database. The schema has the service's name. */
export interface Service {
  name: ServiceName;
  migrations: DatabaseOptions['migrations'];
  env: z.ZodObject;
}

/** All services with tables, in the order in which they are migrated. */
export const SERVICES: readonly Service[] = [
  { name: 'config', migrations: config.migrations, env: config.env },
  { name: 'auth', migrations: auth.migrations, env: auth.env },
  { name: 'retrieval', migrations: retrieval.migrations, env: retrieval.env },
  { name: 'chat', migrations: chat.migrations, env: chat.env },
];

/**
 * For commands that read or count: they must not migrate on their way.
 *
 * @throws CommandError when the database lacks a migration of this version
 */
export async function assertMigrated(url: string, services = SERVICES.map(({ name }) => name)): Promise<void> {
  for (const { name, migrations } of SERVICES.filter((service) => services.includes(service.name))) {
    const [first] = await pendingMigrations({ url, schema: name, migrations });
    if (first !== undefined)
      throw new CommandError(`The schema ${name} lacks migrations (${first}). Run \`perennial migrate\` first.`);
  }
}
