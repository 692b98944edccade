import * as auth from '@perennial/auth/operator';
import * as chat from '@perennial/chat/operator';
import * as config from '@perennial/config/operator';
import type { ServiceName } from '@perennial/contracts-kernel';
import type { DatabaseOptions } from '@perennial/persistence';
import * as retrieval from '@perennial/retrieval/operator';
import type { z } from 'zod';

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
