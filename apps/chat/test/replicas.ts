import { freshDatabase, freshPrefix, redisUrl } from '@perennial/testing';
import { startReplica, type Replica } from '@perennial/testing-service';
import pg from 'pg';
import { ChatModule } from '../src/chat.module';
import { chatEnv } from '../src/env';

/** Two replicas of the service in this process, over one database of their own, and a pool for the test itself. */
export interface ChatReplicas {
  replicas: Replica[];
  db: pg.Pool;
  stop(): Promise<void>;
}

/** @param label begins the names of what the replicas get in Postgres and Redis */
export async function startReplicas(label: string): Promise<ChatReplicas> {
  const databaseUrl = await freshDatabase(label);
  const source = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl(),
    REDIS_KEY_PREFIX: freshPrefix(label),
    SECRET_KEY: 'a secret of the chat tests',
    CHAT_ROLE: 'api',
  };
  const service = { name: 'chat', env: chatEnv, module: ChatModule.forRoot };
  const replicas = await Promise.all([startReplica(service, source), startReplica(service, source)]);
  const db = new pg.Pool({ connectionString: databaseUrl, max: 2, options: '-c search_path=chat' });
  return {
    replicas,
    db,
    async stop() {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await db.end();
    },
  };
}
