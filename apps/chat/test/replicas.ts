import { freshDatabase, freshPrefix, redisUrl } from '@perennial/testing';
import { type Caller, type Replica, startCaller, startReplica } from '@perennial/testing-service';
import pg from 'pg';
import { ChatModule } from '../src/chat.module';
import { chatEnv } from '../src/env';
import { type ConfigAnswers, startConfigDouble } from './config-double';

/** Two replicas of the service in this process, over one database of their own, and the test's side of them. */
export interface ChatReplicas {
  replicas: Replica[];
  /** A gateway's side. */
  caller: Caller;
  db: pg.Pool;
  /** Starts another replica beside the two; the test stops it. */
  startAnother(): Promise<Replica>;
  stop(): Promise<void>;
}

const service = { name: 'chat', env: chatEnv, module: ChatModule.forRoot };

/** Config's replies: models whose ids begin with `sim` exist. They are never called. */
const OFFERS: ConfigAnswers = {
  version: 1,
  baseUrl: 'http://127.0.0.1:1/v1',
  continuation: 'none',
  sealedKey: null,
  taskModel: null,
  queryGeneration: false,
  queryPrompt: '',
  knowledge: [],
  limits: {},
};

/**
 * @param label prefix of the replicas' names in Postgres and Redis
 *
 * @param env overrides of the defaults
 */
export async function startReplicas(label: string, env: Record<string, string> = {}): Promise<ChatReplicas> {
  const databaseUrl = env.DATABASE_URL ?? (await freshDatabase(label));
  const prefix = freshPrefix(label);
  const source = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl(),
    REDIS_KEY_PREFIX: prefix,
    SECRET_KEY: 'a secret of the chat tests',
    CHAT_ROLE: 'api',
    ...env,
  };
  const config = await startConfigDouble(redisUrl(), prefix, OFFERS);
  const replicas = await Promise.all([startReplica(service, source), startReplica(service, source)]);
  const caller = await startCaller(redisUrl(), prefix);
  const db = new pg.Pool({ connectionString: databaseUrl, max: 3, options: '-c search_path=chat' });
  return {
    replicas,
    caller,
    db,
    startAnother: () => startReplica(service, source),
    async stop() {
      await caller.stop();
      await Promise.all([...replicas.map((replica) => replica.stop()), config.close()]);
      await db.end();
    },
  };
}
