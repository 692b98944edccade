import { join } from 'node:path';
import type { BlobStoreConfig } from './env';
import { FilesystemBlobStore } from './filesystem';
import { S3BlobStore } from './s3';
import { createS3Client, placeOf } from './s3-client';
import type { BlobStore } from './types';

/** The store that the environment names. Asks nothing of it: a store that is away does not keep a service from starting. */
export function createBlobStore(config: BlobStoreConfig): BlobStore {
  switch (config.STORAGE_PROVIDER) {
    case 'local':
      return new FilesystemBlobStore(join(config.DATA_DIR, 'blobs'));
    case 's3':
      return new S3BlobStore(createS3Client(config), placeOf(config));
  }
}
