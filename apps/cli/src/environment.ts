import { databaseEnv, readEnv, redisEnv, secretEnv } from '@perennial/runtime';
import { z } from 'zod';

/** For commands that make calls: what every service of the installation has. */
export const callEnv = z.object({ ...redisEnv, ...secretEnv });

const directEnv = z.object({ DATABASE_DIRECT_URL: databaseEnv.DATABASE_DIRECT_URL });

/**
 * Reads what a command needs from the environment.
 *
 * @throws EnvError that names each variable that is wrong, and what to put there
 */
export function environment<S extends z.ZodObject>(schema: S): z.output<S> {
  return readEnv(schema, process.env, { service: 'perennial' });
}

/**
 * The same for commands that use the database themselves: past a pooler, since they need sessions that last.
 *
 * @throws as `environment`
 */
export function directEnvironment<S extends z.ZodObject>(schema: S): z.output<S> {
  const env = environment(schema);
  const { DATABASE_DIRECT_URL: url } = environment(directEnv);
  return url === undefined ? env : { ...env, DATABASE_URL: url };
}
