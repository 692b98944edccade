/** Postgres and Redis as child processes of this machine, for `npm start` and for tests; none outlives the process that started it. */
export { guardDirectory } from './guard';
export { installedProgram, onPath } from './on-path';
export { PgBouncer, pgbouncerBinary, startPgBouncer, type PgBouncerOptions } from './pgbouncer';
export { pgvectorFiles, type PgvectorFiles } from './pgvector';
export { freePort, portIsFree, waitForFreePort } from './ports';
export { createDatabase, PostgresServer, startPostgres, type PostgresOptions } from './postgres';
export {
  type Failover,
  type PostgresCluster,
  startPostgresCluster,
  type PostgresClusterOptions,
} from './postgres-cluster';
export {
  ManagedProcess,
  processExists,
  runToEnd,
  startProcess,
  type ProcessExit,
  type ProcessOptions,
} from './process';
export { randomPassword, RedisServer, startRedis, type RedisOptions } from './redis';
export { redisBinary, valkeyBinary } from './redis-binary';
export { ServerUnavailable } from './server-unavailable';
export { storeHome, StoreServer, type StoreHome } from './store-server';
export { sleep, waitFor, type WaitOptions } from './wait';
export { CACHE_DIR, fromWheel, type WheelFile } from './wheel';
