import { readEnv, redisEnv, secretEnv } from '@perennial/runtime';
import { z } from 'zod';

/** For commands that make calls: what every service of the installation has. */
export const callEnv = z.object({ ...redisEnv, ...secretEnv });

/**
 * Reads what a command needs from the environment.
 *
 * @throws EnvError that names each variable that is wrong, and what to put there
 */
export function environment<S extends z.ZodObject>(schema: S): z.output<S> {
  return readEnv(schema, process.env, { service: 'perennial' });
}
