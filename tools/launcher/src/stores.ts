import { createConnection } from 'node:net';
import {
  pgvectorFiles,
  PostgresServer,
  RedisServer,
  startPostgres,
  startRedis,
  waitFor,
} from '@perennial/testing/servers';
import type { LauncherEnvironment } from './environment';
import type { Home } from './state';
import { Supervisor, type SupervisorEvents } from './supervisor';

/** A store that was started here, or the address of a given one. */
export interface Store<Server> {
  url: string;
  own?: { server: Server; supervisor: Supervisor };
}

/** The given database, or our own Postgres with its data in the home directory. */
export async function openPostgres(
  env: LauncherEnvironment,
  home: Home,
  events: SupervisorEvents,
): Promise<Store<PostgresServer>> {
  if (env.databaseUrl !== undefined) {
    await answered('DATABASE_URL', env.databaseUrl, 5432);
    return { url: env.databaseUrl };
  }
  const server = await startPostgres({
    dataDir: home.file('postgres'),
    port: await home.port('postgres'),
    password: home.secrets().postgresPassword,
    database: 'perennial',
    // Downloaded on demand: the embedded store needs no extension.
    ...(env.documents.VECTOR_DB === 'pgvector' && { pgvector: await pgvectorFiles(home.file('cache')) }),
    logFile: home.freshLog('postgres'),
  });
  return { url: server.url, own: supervised(server, events) };
}

/** The given Redis, or our own, which keeps its data over a restart. */
export async function openRedis(
  env: LauncherEnvironment,
  home: Home,
  events: SupervisorEvents,
): Promise<Store<RedisServer>> {
  if (env.redisUrl !== undefined) {
    await answered('REDIS_URL', env.redisUrl, 6379);
    return { url: env.redisUrl };
  }
  const server = await startRedis({
    dir: home.file('redis'),
    port: await home.port('redis'),
    password: home.secrets().redisPassword,
    persistent: true,
    logFile: home.freshLog('redis'),
    cacheDir: home.file('cache'),
  });
  return { url: server.url, own: supervised(server, events) };
}

function supervised<Server extends PostgresServer | RedisServer>(
  server: Server,
  events: SupervisorEvents,
): { server: Server; supervisor: Supervisor } {
  const supervisor = new Supervisor(server.process, () => server.start(), events);
  supervisor.adopt();
  return { server, supervisor };
}

/** A store that starts at the same time may need a moment. */
const GIVEN_STORE_MS = 10_000;

/** Waits until a given address accepts connections; otherwise the error names the variable. */
async function answered(variable: string, url: string, defaultPort: number): Promise<void> {
  // A list of Sentinel or Cluster nodes is left to the services.
  if (!URL.canParse(url)) return;
  const { hostname, port } = new URL(url);
  const where = { host: hostname.replace(/^\[|\]$/g, '') || '127.0.0.1', port: Number(port || defaultPort) };
  try {
    await waitFor(() => connects(where), { timeoutMs: GIVEN_STORE_MS, intervalMs: 200, what: `${variable} to answer` });
  } catch (cause) {
    throw new Error(
      `nothing answers at ${where.host}:${where.port}, which ${variable} names: start it, correct the variable, ` +
        `or leave it out to have one started here`,
      { cause },
    );
  }
}

function connects(where: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(where);
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer within 2 s')));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', reject);
  });
}
