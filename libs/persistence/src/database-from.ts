import type { DatabaseEnv } from '@perennial/runtime';
import type { DatabaseOptions } from './data-source';

/** Where and how a service reaches its database, from its environment. */
export function databaseFrom(
  env: DatabaseEnv,
): Pick<DatabaseOptions, 'url' | 'pooler' | 'directUrl' | 'replicaUrls' | 'migrate' | 'poolSize'> {
  return {
    url: env.DATABASE_URL,
    pooler: env.DATABASE_POOLER,
    directUrl: env.DATABASE_DIRECT_URL,
    replicaUrls: env.DATABASE_REPLICA_URLS,
    migrate: env.MIGRATE_ON_START,
    poolSize: env.DATABASE_POOL_SIZE,
  };
}
