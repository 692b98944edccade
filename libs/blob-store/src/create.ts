import { join } from 'node:path';
import type { BlobStoreConfig } from './env';
import { FilesystemBlobStore } from './filesystem';
import type { BlobStore } from './types';

/**
 * The store that the environment names. Asks nothing of it: a store that is away does not keep a service from starting. The client of S3 is
 * loaded where it is used: it is a sixth of the memory of a service.
 */
export async function createBlobStore(config: BlobStoreConfig): Promise<BlobStore> {
  switch (config.STORAGE_PROVIDER) {
    case 'local':
      return new FilesystemBlobStore(join(config.DATA_DIR, 'blobs'));
    case 's3':
      return (await import('./s3')).openS3(config);
  }
}
