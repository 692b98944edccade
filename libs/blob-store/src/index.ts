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
export { blobStoreEnv, blobStoreRules, placedBlobConfigs, type BlobStoreConfig } from './env';
export { createBlobStore } from './create';
export { placedBlobStores } from './placed';
