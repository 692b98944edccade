import { once } from 'node:events';
import { createLogger, describeRedis, secretKeys } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import type { z } from 'zod';
import type { callEnv } from './environment';
import { CommandError } from './failure';

const CONNECT_MS = 5_000;

/** The name of this process among those of the installation. */
export const cliInstance = (): string => `cli-${process.pid}`;

/**
 * Connects to Redis for as long as `use` runs.
 *
 * @throws CommandError when Redis does not answer
 */
export async function withRedis<T>(
  env: z.output<typeof callEnv>,
  use: (connections: Connections) => Promise<T>,
): Promise<T> {
  const instanceId = cliInstance();
  const connections = new Connections({
    redisUrl: env.REDIS_URL,
    keyPrefix: env.REDIS_KEY_PREFIX,
    service: 'cli',
    instanceId,
    secretKeys: secretKeys(env),
    requireSigned: env.REDIS_REQUIRE_SIGNED,
    log: createLogger({ level: 'silent', service: 'cli', instance: instanceId }),
  });
  try {
    const { commands } = connections;
    if (commands.status !== 'ready') {
      await once(commands, 'ready', { signal: AbortSignal.timeout(CONNECT_MS) }).catch(() => {
        throw new CommandError(
          `${describeRedis(env.REDIS_URL)} does not answer or refuses the password. Check REDIS_URL, and that Redis runs.`,
        );
      });
    }
    return await use(connections);
  } finally {
    connections.close();
  }
}
