/** Real servers as child processes, without the test runner. The launcher uses them. */
export { guardDirectory } from './guard';
export { freePort, portIsFree, waitForFreePort } from './ports';
export { createDatabase, PostgresServer, startPostgres, type PostgresOptions } from './postgres';
export {
  ManagedProcess,
  processExists,
  runToEnd,
  startProcess,
  type ProcessExit,
  type ProcessOptions,
} from './process';
export { randomPassword, RedisServer, startRedis, type RedisOptions } from './redis';
export { onPath } from './on-path';
export { pgvectorFiles, type PgvectorFiles } from './pgvector';
export { QdrantServer, qdrantBinary, startQdrant, type QdrantOptions } from './qdrant';
export { redisBinary } from './redis-binary';
export { SeaweedServer, seaweedBinary, startSeaweed } from './seaweedfs';
export { missingServer, ServerUnavailable } from './server-unavailable';
export { fromWheel, type WheelFile } from './wheel';
export { sleep, waitFor, type WaitOptions } from './wait';
export { keepResult } from './results';
