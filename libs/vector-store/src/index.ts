export type {
  CallOptions,
  CollectionInfo,
  DenseQuery,
  DeleteFilter,
  Hit,
  HybridQuery,
  Point,
  PointFilter,
  PointRef,
  ScrollPage,
  ScrollQuery,
  SearchFilter,
  VectorStore,
  VectorStoreCapabilities,
  VectorStoreErrorCode,
} from './types';
export { StoreUnavailableError, VectorStoreError } from './errors';
export { pointId } from './point-id';
export { createVectorStore, createVectorStores } from './create';
export { VectorStores } from './stores';
export {
  installationStores,
  placedVectorConfigs,
  vectorStoreEnv,
  vectorStorePrints,
  vectorStoreRules,
  type VectorStoreConfig,
} from './declared';
export type { StoreConfig } from './env';
