import { ANONYMOUS, type Principal } from '@perennial/contracts-kernel';
import { knowledge } from '@perennial/contracts-retrieval';
import { freshDatabase, freshPrefix, redisUrl } from '@perennial/testing';
import { type Caller, type Replica, startCaller, startReplica } from '@perennial/testing-service';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retrievalEnv } from './env';
import { RetrievalModule } from './retrieval.module';

const service = { name: 'retrieval', env: retrievalEnv, module: RetrievalModule.forRoot };
const userId = '00000000-0000-4000-8000-000000000001';
const principal: Principal = { kind: 'user', userId, role: 'user', sessionId: 's' };

/** Real: Postgres, Redis, the transport, three replicas that start at once on an empty database. */
describe('knowledge bases', () => {
  let replicas: Replica[];
  let caller: Caller;
  let databaseUrl: string;

  beforeAll(async () => {
    databaseUrl = await freshDatabase('retrieval');
    const prefix = freshPrefix('retrieval');
    const source = {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl(),
      REDIS_KEY_PREFIX: prefix,
      SECRET_KEY: 'the secret of the tests',
      RETRIEVAL_ROLE: 'api',
    };
    replicas = await Promise.all([1, 2, 3].map(() => startReplica(service, source)));
    caller = await startCaller(redisUrl(), prefix);
  });
  afterAll(async () => {
    await caller?.stop();
    await Promise.all((replicas ?? []).map((replica) => replica.stop()));
  });

  it('are none at first, and then one’s own', async () => {
    const list = (page = 1) => caller.rpc.call(knowledge.list, { page }, { principal });
    expect(await list()).toEqual({ items: [], total: 0 });
    const client = new Client(databaseUrl);
    await client.connect();
    await client.query(
      `INSERT INTO retrieval.knowledge_bases (user_id, name) SELECT $1, 'mine ' || n FROM generate_series(1, 31) n`,
      [userId],
    );
    await client.query(`INSERT INTO retrieval.knowledge_bases (user_id, name) VALUES (gen_random_uuid(), 'not mine')`);
    await client.end();
    const { items, total } = await list();
    expect({ total, shown: items.length, owners: new Set(items.map((item) => item.user_id)) }).toEqual({
      total: 31,
      shown: 30,
      owners: new Set([userId]),
    });
    expect((await list(2)).items).toHaveLength(1);
  });

  it('are not for anonymous nor for pending accounts', async () => {
    const as = (who: Principal) => caller.rpc.call(knowledge.list, {}, { principal: who });
    await expect(as(ANONYMOUS)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(as({ ...principal, role: 'pending' })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });
});
