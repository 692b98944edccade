import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { models } from '@perennial/contracts-config';
import { type Principal, type Role } from '@perennial/contracts-kernel';
import { freshDatabase, freshPrefix, redisUrl } from '@perennial/testing';
import { type Caller, type Replica, startCaller, startReplica } from '@perennial/testing-service';
import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import { ConfigModule } from '../src/config.module';
import { configEnv } from '../src/env';

export const SECRET_KEY = 'the secret of this very test';
export const KEY = 'sk-super-secret-provider-key-4711';
export const service = { name: 'config', env: configEnv, module: ConfigModule.forRoot };

export const userOf = (role: Role, n = 1): Principal => ({
  kind: 'user',
  userId: `00000000-0000-4000-8000-00000000000${n}`,
  role,
  sessionId: 's',
});
export const userIdOf = (principal: Principal) => (principal.kind === 'user' ? principal.userId : '');
export const admin = userOf('admin', 9);
export const user = userOf('user', 1);

/** A model server that lists the given models and counts its requests. */
export async function startProvider(options: { models?: string[]; ownedBy?: string; key?: string } = {}) {
  const state = {
    models: options.models ?? ['m1'],
    requests: [] as IncomingMessage[],
    status: 200,
    delayMs: 0,
    location: '',
  };
  const server = createServer((request, response) => {
    state.requests.push(request);
    setTimeout(() => {
      const refused = options.key !== undefined && request.headers.authorization !== `Bearer ${options.key}`;
      const status = refused ? 401 : state.status;
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(state.location ? { location: state.location } : {}),
      });
      const rows = state.models.map((id) => ({
        id,
        object: 'model',
        created: 1_700_000_000,
        owned_by: options.ownedBy ?? 'test',
      }));
      // Echoes the key, like some providers.
      const error = { error: { message: `Incorrect API key provided: ${request.headers.authorization ?? 'none'}` } };
      response.end(JSON.stringify(status === 200 ? { object: 'list', data: rows } : error));
    }, state.delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return Object.assign(state, { url: `http://127.0.0.1:${port}/v1` });
}

/** Real: Postgres, Redis, the transport, the module (with any number of replicas). */
export async function installation(settings: Record<string, string | undefined> = {}, count = 1) {
  const databaseUrl = await freshDatabase('config');
  const prefix = freshPrefix('config');
  const source = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl(),
    REDIS_KEY_PREFIX: prefix,
    SECRET_KEY,
    MODELS_CACHE_TTL: '1',
    ...settings,
  };
  let logs = '';
  const logStream = { write: (line: string) => void (logs += line) };
  const replicas: Replica[] = await Promise.all(
    Array.from({ length: count }, () => startReplica(service, source, { logStream })),
  );
  const caller: Caller = await startCaller(redisUrl(), prefix);
  onTestFinished(async () => {
    await Promise.all([caller.stop(), ...replicas.map((replica) => replica.stop())]);
  });
  const { rpc } = caller;
  return {
    rpc,
    caller,
    source,
    replicas,
    logs: () => logs,
    ids: async (principal: Principal = user, refresh = false) =>
      (await rpc.call(models.list, { refresh }, { principal })).data.map(({ id }) => id),
    async rows(sql: string) {
      const client = new Client(databaseUrl);
      await client.connect();
      const { rows } = await client.query<Record<string, unknown>>(sql);
      await client.end();
      return rows;
    },
  };
}
