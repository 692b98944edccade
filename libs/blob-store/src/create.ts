import { join } from 'node:path';
import { type BlobStoreConfig, placedBlobConfigs } from './env';
import { FilesystemBlobStore } from './filesystem';
import { PlacedBlobStore } from './placed';
import type { BlobStore } from './types';

/**
 * The configured store, which holds those of placements too. Sends no request, so that a store that is away does not block the start.
 * Without placements it still refuses their keys: bytes of a placement must not get into the installation's own store.
 */
export async function createBlobStore(config: BlobStoreConfig): Promise<BlobStore> {
  const own = await openStore(config);
  const placed = new Map<string, BlobStore>([...config.PLACEMENTS.keys()].map((name) => [name, own]));
  for (const [name, { data, error }] of placedBlobConfigs(config)) {
    if (!data) throw error;
    placed.set(name, await openStore(data));
  }
  return new PlacedBlobStore(own, placed);
}

/** The S3 client is loaded on demand: it takes a sixth of a service's memory. */
async function openStore(config: BlobStoreConfig): Promise<BlobStore> {
  switch (config.STORAGE_PROVIDER) {
    case 'local':
      return new FilesystemBlobStore(join(config.DATA_DIR, 'blobs'));
    case 's3':
      return (await import('./s3')).openS3(config);
  }
}
