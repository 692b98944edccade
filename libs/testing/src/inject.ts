import { randomBytes } from 'node:crypto';
import { createDatabase } from '@perennial/local-runtime/servers';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
    redisUrl: string;
    /** The directory of the bundles that `buildService` made in this run. */
    bundlesDirectory: string;
  }
}

/**
 * The Postgres that the global setup of the medium tests started. The address names the database `postgres`; create your own with
 * `freshDatabase`.
 */
export function postgresUrl(): string {
  return inject('postgresUrl');
}

/** The Redis of the medium tests. All suites share it: use a key prefix of your own (`freshPrefix`), never FLUSHALL. */
export function redisUrl(): string {
  return inject('redisUrl');
}

/** Creates an empty database and returns its address. It is removed with the server at the end of the run. */
export async function freshDatabase(label = 'test'): Promise<string> {
  const name = `${label.replace(/[^a-z0-9]+/gi, '_').toLowerCase()}_${randomBytes(5).toString('hex')}`;
  await createDatabase(postgresUrl(), name);
  const url = new URL(postgresUrl());
  url.pathname = `/${name}`;
  return url.href;
}

/** A Redis key prefix that no other suite uses. */
export function freshPrefix(label = 'test'): string {
  return `${label}-${randomBytes(5).toString('hex')}`;
}
