import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import { type Account, addUsers, signUpAdmin } from '../support/accounts';
import type { RedisLink } from './redis-link';
import { type RedisShape, startLinkedRedis } from './redis-shapes';

export const MODEL = 'sim-t1-r30-x';

/** A system of three gateways whose messages can be lost. */
export interface PropagationSystem {
  system: RunningSystem;
  link: RedisLink;
  admin: Account;
  user: Account;
  close(): Promise<void>;
}

export async function openPropagationSystem(shape: RedisShape = 'single'): Promise<PropagationSystem> {
  const parts: { stop(): Promise<unknown> }[] = [];
  const close = async (): Promise<void> => {
    for (const part of parts.reverse()) await part.stop();
  };
  try {
    const redis = await startLinkedRedis(shape);
    const { link } = redis;
    parts.push(redis);
    const simulator: Simulator = await startSimulator({ port: 0, models: [MODEL] });
    parts.push({ stop: () => simulator.close() });
    const system = await launchSystem({
      scale: { gateway: 3, chat: 2, config: 2, auth: 2 },
      env: {
        REDIS_URL: redis.url,
        OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
        OPENAI_API_KEYS: 'simulated',
        SIGN_INS_PER_ACCOUNT: '100000',
        ENABLE_TITLE_GENERATION: 'false',
      },
    });
    parts.push(system);
    const admin = await signUpAdmin(system.baseUrl);
    const [user] = (await addUsers(system.baseUrl, admin, 1)) as [Account];
    return { system, link, admin, user, close };
  } catch (error) {
    await close();
    throw error;
  }
}
