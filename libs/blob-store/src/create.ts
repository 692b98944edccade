import { join } from 'node:path';
import { KeyRing } from './encryption/key-ring';
import { EncryptedBlobStore } from './encryption/store';
import { type BlobStoreConfig, blobStorePrints, namedBlobConfigs, placedBlobConfigs } from './env';
import { FilesystemBlobStore } from './filesystem/store';
import { SwitchedBlobStore } from './migration/switched';
import { PlacedBlobStore } from './placed';
import type { BlobStore, KeyedBlobStore } from './types';

/**
 * The configured store, which holds those of placements, and those to which files can be moved. Sends no request, so that a store that is
 * away does not block the start.
 * Without placements it still refuses their keys: bytes of a placement must not get into the installation's own store.
 */
export async function createBlobStore(config: BlobStoreConfig): Promise<PlacedBlobStore> {
  const own = new SwitchedBlobStore(await openKeyed(config), openersOf(config), blobStorePrints(config));
  const placed = new Map<string, KeyedBlobStore>([...config.PLACEMENTS.keys()].map((name) => [name, own]));
  for (const [name, { data, error }] of placedBlobConfigs(config)) {
    if (!data) throw error;
    placed.set(name, await openKeyed(data));
  }
  return new PlacedBlobStore(own, placed);
}

function openersOf(config: BlobStoreConfig): Map<string, () => Promise<KeyedBlobStore>> {
  const openers = [...namedBlobConfigs(config)].map(([name, { data, error }]) => {
    if (!data) throw error;
    return [name, () => openKeyed(data)] as const;
  });
  return new Map(openers);
}

async function openKeyed(config: BlobStoreConfig): Promise<KeyedBlobStore> {
  return new EncryptedBlobStore(await openStore(config), new KeyRing(config.BLOB_ENCRYPTION_KEYS));
}

/** Clients are loaded on demand: that of S3 takes a sixth of a service's memory. */
async function openStore(config: BlobStoreConfig): Promise<BlobStore> {
  switch (config.STORAGE_PROVIDER) {
    case 'local':
      return new FilesystemBlobStore(join(config.DATA_DIR, 'blobs'));
    case 's3':
      return (await import('./s3/store')).openS3(config);
    case 'gcs':
      return (await import('./gcs/store')).openGcs(config);
    case 'azure':
      return (await import('./azure/store')).openAzure(config);
  }
}
