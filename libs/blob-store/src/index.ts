export type {
  BlobContent,
  BlobEntry,
  BlobRange,
  BlobStore,
  BlobStoreCapabilities,
  GetOptions,
  KeyedBlobStore,
  ListOptions,
  PresignOptions,
  PutOptions,
  Rotation,
  StoredBlob,
} from './types';
export {
  BlobIntegrityError,
  BlobKeyError,
  BlobNotFoundError,
  BlobStoreDeniedError,
  BlobStoreError,
  BlobStoreUnavailableError,
  BlobTooLargeError,
  InvalidKeyError,
  RangeNotSatisfiableError,
  type BlobStoreErrorCode,
} from './errors';
export {
  blobStoreEnv,
  blobStorePrints,
  blobStoreRules,
  namedBlobConfigs,
  OWN_STORE,
  placedBlobConfigs,
  type BlobStoreConfig,
} from './env';
export { createBlobStore } from './create';
export { BucketConfigSchema, openBucket, type BucketConfig, type ForeignBucket } from './foreign-bucket';
export { placedBlobStores, type PlacedBlobStore } from './placed';
export { copyBlob, sizeOf } from './migration/copy';
export { followStoreChoice } from './migration/follow';
export { type StoreChoice, type SwitchedBlobStore } from './migration/switched';
