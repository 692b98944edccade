export type {
  BlobContent,
  BlobEntry,
  BlobRange,
  BlobStore,
  BlobStoreCapabilities,
  GetOptions,
  ListOptions,
  PresignOptions,
  PutOptions,
  StoredBlob,
} from './types';
export {
  BlobIntegrityError,
  BlobNotFoundError,
  BlobStoreDeniedError,
  BlobStoreError,
  BlobStoreUnavailableError,
  BlobTooLargeError,
  InvalidKeyError,
  RangeNotSatisfiableError,
  type BlobStoreErrorCode,
} from './errors';
export { blobStoreEnv, blobStoreRules, type BlobStoreConfig } from './env';
export { createBlobStore } from './create';
export { placedBlobStores } from './placed';
