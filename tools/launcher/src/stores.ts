import { PostgresServer, RedisServer, startPostgres, startRedis } from '@perennial/testing/servers';
import type { LauncherEnvironment } from './environment';
import type { Home } from './state';
import { Supervisor, type SupervisorEvents } from './supervisor';

/** A store that was started here, or the address of one that was given. */
export interface Store<Server> {
  url: string;
  own?: { server: Server; supervisor: Supervisor };
}

/** The given database, or a Postgres of our own whose data stays in the home directory. */
export async function openPostgres(
  env: LauncherEnvironment,
  home: Home,
  events: SupervisorEvents,
): Promise<Store<PostgresServer>> {
  if (env.databaseUrl !== undefined) return { url: env.databaseUrl };
  const server = await startPostgres({
    dataDir: home.file('postgres'),
    port: await home.port('postgres'),
    password: home.secrets().postgresPassword,
    database: 'perennial',
    logFile: home.freshLog('postgres'),
  });
  return { url: server.url, own: supervised(server, events) };
}

/** The given Redis, or one of our own; ours keeps what it holds over a restart. */
export async function openRedis(
  env: LauncherEnvironment,
  home: Home,
  events: SupervisorEvents,
): Promise<Store<RedisServer>> {
  if (env.redisUrl !== undefined) return { url: env.redisUrl };
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
