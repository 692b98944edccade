/** Real servers as child processes, without the test runner. */
export * from '@perennial/local-runtime/servers';
export { azuriteEntry, AzuriteServer, startAzurite } from './azurite';
export { type Certificate, makeCertificate, redisTls } from './certificate';
export { ChromaServer, chromaCommand, startChroma } from './chroma';
export { fakeGcsBinary, FakeGcsServer, startFakeGcs } from './fake-gcs';
export { MilvusServer, milvusFiles, startMilvus } from './milvus';
export { OpenSearchServer, openSearchFiles, startOpenSearch } from './opensearch';
export { QdrantServer, qdrantBinary, startQdrant, type QdrantOptions } from './qdrant';
export {
  RedisCluster,
  RedisGroup,
  type RedisGroupOptions,
  RedisSentinels,
  startRedisCluster,
  startRedisSentinel,
} from './redis-servers';
export { SeaweedServer, seaweedBinary, startSeaweed } from './seaweedfs';
export { startToxiproxy, type Toxic, ToxicLink, Toxiproxy, toxiproxyBinary } from './toxiproxy';
export { missingServer } from './missing-server';
export { keepResult } from './results';
