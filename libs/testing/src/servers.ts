/** Real servers as child processes, without the test runner. */
export * from '@perennial/local-runtime/servers';
export { QdrantServer, qdrantBinary, startQdrant, type QdrantOptions } from './qdrant';
export { SeaweedServer, seaweedBinary, startSeaweed } from './seaweedfs';
export { startToxiproxy, type Toxic, ToxicLink, Toxiproxy, toxiproxyBinary } from './toxiproxy';
export { missingServer } from './missing-server';
export { keepResult } from './results';
