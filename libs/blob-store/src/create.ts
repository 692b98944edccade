import { join } from 'node:path';
import type { BlobStoreConfig } from './env';
import { FilesystemBlobStore } from './filesystem';
import type { BlobStore } from './types';

/**
 * The configured store. Sends no request, so that a store that is away does not block the start. The S3 client is loaded on demand: it takes
 * a sixth of a service's memory.
 */
export async function createBlobStore(config: BlobStoreConfig): Promise<BlobStore> {
  switch (config.STORAGE_PROVIDER) {
    case 'local':
      return new FilesystemBlobStore(join(config.DATA_DIR, 'blobs'));
    case 's3':
      return (await import('./s3')).openS3(config);
  }
}
